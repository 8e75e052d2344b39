// THE FROZEN REFERENCE. This file never changes again, not even by a space.
//
// Stored baselines hold the ratio of a routine to these kernels, measured in the same rounds. A
// faster reference would make every stored ratio look like a regression, so these are plain,
// baseline-only loops, and a test holds the hash of this text. A change is a new schema.
#include "include/cpersist_reference.h"

#include <stdint.h>

#if defined(__x86_64__)
#include <emmintrin.h>

static size_t reference_front(const void *target, size_t byte_count) {
  size_t front = -(uintptr_t)target & 15;
  return front < byte_count ? front : byte_count;
}

static void reference_bytes(char *target, const char *source, size_t byte_count) {
  for (; byte_count; byte_count--) {
    *target++ = *source++;
    __asm__ volatile("" : : : "memory");
  }
}

static void reference_zeros(char *target, size_t byte_count) {
  for (; byte_count; byte_count--) {
    *target++ = 0;
    __asm__ volatile("" : : : "memory");
  }
}

#define REFERENCE_COPY(name, store, fence)                                      \
  void name(void *target, const void *source, size_t byte_count) {              \
    char *to = target;                                                          \
    const char *from = source;                                                  \
    size_t front = reference_front(to, byte_count);                             \
    reference_bytes(to, from, front);                                           \
    to += front, from += front, byte_count -= front;                            \
    for (; byte_count >= 64; to += 64, from += 64, byte_count -= 64) {          \
      __m128i a = _mm_loadu_si128((const __m128i *)from);                       \
      __m128i b = _mm_loadu_si128((const __m128i *)(from + 16));                \
      __m128i c = _mm_loadu_si128((const __m128i *)(from + 32));                \
      __m128i d = _mm_loadu_si128((const __m128i *)(from + 48));                \
      store((__m128i *)to, a);                                                  \
      store((__m128i *)(to + 16), b);                                           \
      store((__m128i *)(to + 32), c);                                           \
      store((__m128i *)(to + 48), d);                                           \
      __asm__ volatile("" : : : "memory");                                      \
    }                                                                           \
    reference_bytes(to, from, byte_count);                                      \
    fence;                                                                      \
  }

#define REFERENCE_ZERO(name, store, fence)                                      \
  void name(void *target, size_t byte_count) {                                  \
    char *to = target;                                                          \
    size_t front = reference_front(to, byte_count);                             \
    reference_zeros(to, front);                                                 \
    to += front, byte_count -= front;                                           \
    for (; byte_count >= 64; to += 64, byte_count -= 64) {                      \
      __m128i zero = _mm_setzero_si128();                                       \
      store((__m128i *)to, zero);                                               \
      store((__m128i *)(to + 16), zero);                                        \
      store((__m128i *)(to + 32), zero);                                        \
      store((__m128i *)(to + 48), zero);                                        \
      __asm__ volatile("" : : : "memory");                                      \
    }                                                                           \
    reference_zeros(to, byte_count);                                            \
    fence;                                                                      \
  }

REFERENCE_COPY(cpersist_reference_copy_cached, _mm_store_si128, (void)0)
REFERENCE_COPY(cpersist_reference_copy_streamed, _mm_stream_si128, _mm_sfence())
REFERENCE_ZERO(cpersist_reference_zero_cached, _mm_store_si128, (void)0)
REFERENCE_ZERO(cpersist_reference_zero_streamed, _mm_stream_si128, _mm_sfence())

size_t cpersist_reference_compare(const void *left, const void *right, size_t byte_count) {
  const char *a = left, *b = right;
  size_t at = 0;
  for (; at + 16 <= byte_count; at += 16) {
    __m128i same = _mm_cmpeq_epi8(
        _mm_loadu_si128((const __m128i *)(a + at)), _mm_loadu_si128((const __m128i *)(b + at)));
    unsigned mask = (unsigned)_mm_movemask_epi8(same) ^ 0xffff;
    if (mask) return at + (size_t)__builtin_ctz(mask);
  }
  while (at < byte_count && a[at] == b[at]) at++;
  return at;
}

#define REFERENCE_FLUSH(instruction)                                                         \
  void cpersist_reference_flush_##instruction(const void *start, size_t byte_count) {        \
    const char *end = (const char *)start + byte_count;                                      \
    const char *line = (const char *)((uintptr_t)start & ~(uintptr_t)63);                    \
    for (; byte_count && line < end; line += 64)                                             \
      __asm__ volatile(#instruction " (%0)" : : "r"(line) : "memory");                       \
    _mm_sfence();                                                                            \
  }

#else

#define REFERENCE_COPY(name, fence)                                              \
  void name(void *target, const void *source, size_t byte_count) {               \
    for (size_t at = 0; at < byte_count; at++) {                                 \
      ((char *)target)[at] = ((const char *)source)[at];                         \
      __asm__ volatile("" : : : "memory");                                       \
    }                                                                            \
    fence;                                                                       \
  }

#define REFERENCE_ZERO(name, fence)                                              \
  void name(void *target, size_t byte_count) {                                   \
    for (size_t at = 0; at < byte_count; at++) {                                 \
      ((char *)target)[at] = 0;                                                  \
      __asm__ volatile("" : : : "memory");                                       \
    }                                                                            \
    fence;                                                                       \
  }

REFERENCE_COPY(cpersist_reference_copy_cached, (void)0)
REFERENCE_COPY(cpersist_reference_copy_streamed, __sync_synchronize())
REFERENCE_ZERO(cpersist_reference_zero_cached, (void)0)
REFERENCE_ZERO(cpersist_reference_zero_streamed, __sync_synchronize())

size_t cpersist_reference_compare(const void *left, const void *right, size_t byte_count) {
  const char *a = left, *b = right;
  size_t at = 0;
  while (at < byte_count && a[at] == b[at]) at++;
  return at;
}

#if defined(__aarch64__)
#define REFERENCE_LINE(line) __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory")
#else
#define REFERENCE_LINE(line) __asm__ volatile("" : : "r"(line) : "memory")
#endif

#define REFERENCE_FLUSH(instruction)                                                         \
  void cpersist_reference_flush_##instruction(const void *start, size_t byte_count) {        \
    const char *end = (const char *)start + byte_count;                                      \
    const char *line = (const char *)((uintptr_t)start & ~(uintptr_t)63);                    \
    for (; byte_count && line < end; line += 64) REFERENCE_LINE(line);                       \
    __sync_synchronize();                                                                    \
  }

#endif

REFERENCE_FLUSH(clwb)
REFERENCE_FLUSH(clflushopt)
REFERENCE_FLUSH(clflush)
