// The string instructions, and what fsdax upstream executes: `rep movsb` for edges and the
// flush-cache copy of `movnti` stores for user data.
#include <string.h>

#include "kernels.h"

// Which lines the flush-cache copy stored through the cache and so writes back, by the address
// and size alone. A misaligned start fills bytes up to an 8-byte boundary, a rest below 4 bytes
// ends it; everything between bypasses the cache.
typedef struct {
  bool first, last;
} cached_lines;

INLINE cached_lines flushcache_lines(uintptr_t target, size_t byte_count) {
  cached_lines lines = {false, false};
  if (byte_count == 0) return lines;
  uintptr_t last = (target + byte_count - 1) / line_size;
  if (byte_count < 8) {
    bool streamed = byte_count == 4 && target % 4 == 0;
    lines.first = !streamed;
    lines.last = !streamed && last != target / line_size;
    return lines;
  }
  size_t front = target % 8 ? -target & (line_size - 1) : 0;
  lines.first = target % 8 != 0;
  lines.last = byte_count > front && (byte_count - front) % 8 != 0;
  return lines;
}

size_t cpersist_flushcache_lines(uintptr_t target, size_t byte_count) {
  cached_lines lines = flushcache_lines(target, byte_count);
  return (size_t)lines.first + lines.last;
}

#if defined(__x86_64__)

INLINE void movsb(COPY_PARAMETERS) {
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(byte_count) : : "memory");
}

INLINE void stosb(ZERO_PARAMETERS) {
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(byte_count) : "a"(0) : "memory");
}

INLINE void copy_rep_movsb(COPY_PARAMETERS, how instruction) {
  movsb(target, source, byte_count);
  finish(target, byte_count, instruction);
}

INLINE void zero_rep_movsb(ZERO_PARAMETERS, how instruction) {
  stosb(target, byte_count);
  finish(target, byte_count, instruction);
}

INLINE void edge_rep_movsb(EDGE_PARAMETERS, how instruction) {
  edge_compose(target, source, data, head, length, size, movsb, stosb);
  finish(target, size, instruction);
}

INLINE void movnti_8(char *to, uint64_t word) {
  __asm__ volatile("movnti %1, %0" : "=m"(*(uint64_t *)to) : "r"(word));
}

INLINE void movnti_4(char *to, uint32_t word) {
  __asm__ volatile("movnti %1, %0" : "=m"(*(uint32_t *)to) : "r"(word));
}

// The bytes of `from`, or zeros without one.
INLINE uint64_t word_8(const char *from) {
  uint64_t word = 0;
  if (from) memcpy(&word, from, 8);
  return word;
}

INLINE void bytes(char *to, const char *from, size_t count) {
  for (size_t index = 0; index < count; index++) to[index] = from ? from[index] : 0;
}

// Stores of 4 x 8, 8 and 4 bytes past the cache; cached bytes before and after, their lines
// written back. No fence.
INLINE void flushcache(char *to, const char *from, size_t count, how instruction) {
  cached_lines lines = flushcache_lines((uintptr_t)to, count);
  const char *first = to, *last = to + count - 1;
#define ADVANCE(n) (to += (n), from = from ? from + (n) : NULL, count -= (n))
  if (count >= 8 && (uintptr_t)to % 8) {
    size_t part = -(uintptr_t)to & 7;
    bytes(to, from, part);
    ADVANCE(part);
  }
  for (; count >= 32; ADVANCE(32)) {
    for (size_t word = 0; word < 32; word += 8)
      movnti_8(to + word, word_8(from ? from + word : NULL));
  }
  for (; count >= 8; ADVANCE(8)) movnti_8(to, word_8(from));
  if (count >= 4 && (uintptr_t)to % 4 == 0) {
    uint32_t word = 0;
    if (from) memcpy(&word, from, 4);
    movnti_4(to, word);
    ADVANCE(4);
  }
  bytes(to, from, count);
#undef ADVANCE
  if (lines.first) write_back_line(first, instruction);
  if (lines.last) write_back_line(last, instruction);
}

INLINE void copy_movnti(COPY_PARAMETERS, how instruction) {
  flushcache(target, source, byte_count, instruction);
  cpersist_fence();
}

INLINE void zero_movnti(ZERO_PARAMETERS, how instruction) {
  flushcache(target, NULL, byte_count, instruction);
  cpersist_fence();
}

// Three flush-cache copies, each with its own write-backs: a shared line is written back twice.
INLINE void edge_movnti(EDGE_PARAMETERS, how instruction) {
  char *block = target;
  const char *old = source;
  size_t tail = head + length;
  if (head == 0 && length == size) {
    flushcache(block, old, size, instruction);
  } else {
    flushcache(block, old, head, instruction);
    flushcache(block + tail, old ? old + tail : NULL, size - tail, instruction);
    flushcache(block + head, data, length, instruction);
  }
  cpersist_fence();
}

// What upstream fsdax executes: edges by the machine-check-safe copy, which on a CPU with fast
// strings is one instruction, and user data by the flush-cache copy. Zeroed edges write the whole
// block back, copied ones nothing (hazard H3) but in the strict profile.
INLINE void edge_upstream(EDGE_PARAMETERS, bool strict, how instruction) {
  char *block = target;
  const char *old = source;
  bool all = head == 0 && length == size;
  size_t front = all ? size : head, tail = all ? size : head + length, back = size - tail;
  old ? movsb(block, old, front) : stosb(block, front);
  if (back) old ? movsb(block + tail, old + tail, back) : stosb(block + tail, back);
  if (!old) {
    write_back_lines(block, size, instruction);
  } else if (strict) {
    write_back_lines(block, front, instruction);
    write_back_lines(block + tail, back, instruction);
  }
  if (!all) flushcache(block + head, data, length, instruction);
  cpersist_fence();
}

INLINE void edge_kernel(EDGE_PARAMETERS, how instruction) {
  edge_upstream(target, source, data, head, length, size, true, instruction);
}

#define DEFINE_UPSTREAM(wb, kernel)                                                     \
  void cpersist_edge_upstream_##wb(EDGE_PARAMETERS) {                                    \
    edge_upstream(target, source, data, head, length, size, false, how_##wb);           \
  }

DEFINE_COPY(rep_movsb)
DEFINE_ZERO(rep_movsb)
DEFINE_EDGE(rep_movsb)
// These write lines back in both contracts: there is no variant without.
FOR_EACH_WRITE_BACK(DEFINE_COPY_DURABLE, movnti)
FOR_EACH_WRITE_BACK(DEFINE_ZERO_DURABLE, movnti)
FOR_EACH_WRITE_BACK(DEFINE_EDGE_DURABLE, movnti)
FOR_EACH_WRITE_BACK(DEFINE_EDGE_DURABLE, kernel)
FOR_EACH_WRITE_BACK(DEFINE_UPSTREAM, upstream)

#endif
