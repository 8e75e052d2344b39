// 64-byte kernels.
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw"))), apply_to = function)
#define ISA avx512
#define WIDTH 64
#include "vector.inc"
#include "moves.inc"
#include "edges.inc"

INLINE unsigned NAME(unequal_16)(const char *left, const char *right) {
  __m128i same = _mm_cmpeq_epi8(
      _mm_loadu_si128((const __m128i *)left), _mm_loadu_si128((const __m128i *)right));
  return (unsigned)_mm_movemask_epi8(same) ^ 0xffff;
}

INLINE uint64_t unequal_avx512(const char *left, const char *right) {
  return _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(left), _mm512_loadu_si512(right));
}

INLINE int unequal_4_avx512(const char *left, const char *right) {
  const v64 *a = (const v64 *)left, *b = (const v64 *)right;
  v64 different = (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]);
  return _mm512_test_epi8_mask((__m512i)different, (__m512i)different) != 0;
}
#include "compare.inc"

DEFINE_COPY(avx512)
DEFINE_ZERO(avx512)
DEFINE_EDGE(avx512)
DEFINE_COPY(avx512_nt)
DEFINE_ZERO(avx512_nt)
DEFINE_EDGE(avx512_nt)
DEFINE_AUTO(avx512)
#pragma clang attribute pop
#endif
