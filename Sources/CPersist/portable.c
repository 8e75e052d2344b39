// Kernels every CPU has: the C library's, 8-byte loops, and `auto` where no vector kernel is built.
#include <string.h>

#include "kernels.h"

// Keeps a loop the loop it says: without it the compiler recognises memcpy and calls that.
#define KEEP(word) __asm__ volatile("" : "+r"(word))

INLINE void copy_libc(COPY_PARAMETERS, how instruction) {
  memcpy(target, source, byte_count);
  finish(target, byte_count, instruction);
}

INLINE void zero_libc(ZERO_PARAMETERS, how instruction) {
  memset(target, 0, byte_count);
  finish(target, byte_count, instruction);
}

static void copy_part_libc(COPY_PARAMETERS) { memcpy(target, source, byte_count); }
static void zero_part_libc(ZERO_PARAMETERS) { memset(target, 0, byte_count); }

INLINE void edge_libc(EDGE_PARAMETERS, how instruction) {
  edge_compose(target, source, data, head, length, size, copy_part_libc, zero_part_libc);
  finish(target, size, instruction);
}

// Words then bytes, a load and a store at a time: what a kernel does where a fault must be located.
INLINE void words_copy(COPY_PARAMETERS) {
  char *to = target;
  const char *from = source;
  for (; byte_count >= 8; to += 8, from += 8, byte_count -= 8) {
    uint64_t word;
    memcpy(&word, from, 8);
    KEEP(word);
    memcpy(to, &word, 8);
  }
  for (; byte_count; to++, from++, byte_count--) {
    int byte = *from;
    KEEP(byte);
    *to = (char)byte;
  }
}

INLINE void words_zero(ZERO_PARAMETERS) {
  char *to = target;
  uint64_t zero = 0;
  for (; byte_count >= 8; to += 8, byte_count -= 8) {
    KEEP(zero);
    memcpy(to, &zero, 8);
  }
  for (; byte_count; to++, byte_count--) {
    KEEP(zero);
    *to = (char)zero;
  }
}

INLINE void copy_fragile_8(COPY_PARAMETERS, how instruction) {
  words_copy(target, source, byte_count);
  finish(target, byte_count, instruction);
}

INLINE void zero_fragile_8(ZERO_PARAMETERS, how instruction) {
  words_zero(target, byte_count);
  finish(target, byte_count, instruction);
}

INLINE void edge_fragile_8(EDGE_PARAMETERS, how instruction) {
  edge_compose(target, source, data, head, length, size, words_copy, words_zero);
  finish(target, size, instruction);
}

#define copy_auto_portable copy_libc
#define zero_auto_portable zero_libc
#define edge_auto_portable edge_libc

DEFINE_COPY(libc)
DEFINE_ZERO(libc)
DEFINE_EDGE(libc)
DEFINE_COPY(fragile_8)
DEFINE_ZERO(fragile_8)
DEFINE_EDGE(fragile_8)
DEFINE_AUTO(portable)

size_t cpersist_compare_word_8(COMPARE_PARAMETERS) {
  const unsigned char *a = left, *b = right;
  size_t at = 0;
  for (; at + 8 <= byte_count; at += 8) {
    uint64_t x, y;
    memcpy(&x, a + at, 8);
    memcpy(&y, b + at, 8);
    if (x == y) continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return at + (size_t)__builtin_ctzll(x ^ y) / 8;
#else
    return at + (size_t)__builtin_clzll(x ^ y) / 8;
#endif
  }
  while (at < byte_count && a[at] == b[at]) at++;
  return at;
}

// memcmp says only whether; where is a second pass over the same, now cached, bytes.
size_t cpersist_compare_libc(COMPARE_PARAMETERS) {
  if (memcmp(left, right, byte_count) == 0) return byte_count;
  return cpersist_compare_word_8(left, right, byte_count);
}

void cpersist_empty(COPY_PARAMETERS) {
  (void)target, (void)source, (void)byte_count;
  // Not a pure function: a loop of calls stays a loop of calls.
  __asm__ volatile("");
}
