// 16-byte kernels.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("sse2"))), apply_to = function)
#define ISA sse2
#define WIDTH 16
#include "vector.inc"
#include "moves.inc"
#include "edges.inc"

INLINE unsigned NAME(unequal_16)(const char *left, const char *right) {
  __m128i same = _mm_cmpeq_epi8(
      _mm_loadu_si128((const __m128i *)left), _mm_loadu_si128((const __m128i *)right));
  return (unsigned)_mm_movemask_epi8(same) ^ 0xffff;
}

INLINE uint64_t unequal_sse2(const char *left, const char *right) {
  return unequal_16_sse2(left, right);
}

INLINE int unequal_4_sse2(const char *left, const char *right) {
  const v16 *a = (const v16 *)left, *b = (const v16 *)right;
  v16 same = (a[0] == b[0]) & (a[1] == b[1]) & (a[2] == b[2]) & (a[3] == b[3]);
  return _mm_movemask_epi8((__m128i)same) != 0xffff;
}
#include "compare.inc"

DEFINE_COPY(sse2_nt)
DEFINE_ZERO(sse2_nt)
DEFINE_EDGE(sse2_nt)
DEFINE_AUTO(sse2)
#pragma clang attribute pop
#endif
