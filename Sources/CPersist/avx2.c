// 32-byte kernels.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define ISA avx2
#define WIDTH 32
#include "vector.inc"
#include "moves.inc"
#include "edges.inc"

INLINE unsigned NAME(unequal_16)(const char *left, const char *right) {
  __m128i same = _mm_cmpeq_epi8(
      _mm_loadu_si128((const __m128i *)left), _mm_loadu_si128((const __m128i *)right));
  return (unsigned)_mm_movemask_epi8(same) ^ 0xffff;
}

INLINE uint64_t unequal_avx2(const char *left, const char *right) {
  v32 same = *(const v32 *)left == *(const v32 *)right;
  return (uint32_t)~_mm256_movemask_epi8((__m256i)same);
}

INLINE int unequal_4_avx2(const char *left, const char *right) {
  const v32 *a = (const v32 *)left, *b = (const v32 *)right;
  v32 same = (a[0] == b[0]) & (a[1] == b[1]) & (a[2] == b[2]) & (a[3] == b[3]);
  return _mm256_movemask_epi8((__m256i)same) != -1;
}
#include "compare.inc"

DEFINE_COPY(avx2)
DEFINE_ZERO(avx2)
DEFINE_EDGE(avx2)
DEFINE_COPY(avx2_nt)
DEFINE_ZERO(avx2_nt)
DEFINE_EDGE(avx2_nt)
DEFINE_AUTO(avx2)
#pragma clang attribute pop
#endif
