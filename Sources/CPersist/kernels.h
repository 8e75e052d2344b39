// Names of all kernels: cpersist_<operation>_<kernel>[_<write-back>].
#pragma once

#include "include/cpersist_cpu.h"
#include "include/cpersist_routines.h"
#include "include/cpersist_thresholds.h"
#include "lines.h"

extern struct cpersist_thresholds cpersist_thresholds;

#define COPY_PARAMETERS void *target, const void *source, size_t byte_count
#define ZERO_PARAMETERS void *target, size_t byte_count
#define COMPARE_PARAMETERS const void *left, const void *right, size_t byte_count
#define EDGE_PARAMETERS                                                                      \
  void *target, const void *source, const void *data, size_t head, size_t length, size_t size

// Loops start where the fetch unit likes them, whatever stands before them in the file.
#define KERNEL __attribute__((aligned(64))) void

// The volatile and the durable variants of a kernel, from an inline `<operation>_<kernel>(…, how)`.
#define DEFINE_COPY_AS(kernel, suffix, instruction) \
  KERNEL cpersist_copy_##kernel##suffix(COPY_PARAMETERS) { \
    copy_##kernel(target, source, byte_count, instruction); \
  }
#define DEFINE_ZERO_AS(kernel, suffix, instruction) \
  KERNEL cpersist_zero_##kernel##suffix(ZERO_PARAMETERS) { \
    zero_##kernel(target, byte_count, instruction); \
  }
#define DEFINE_EDGE_AS(kernel, suffix, instruction) \
  KERNEL cpersist_edge_##kernel##suffix(EDGE_PARAMETERS) { \
    edge_##kernel(target, source, data, head, length, size, instruction); \
  }
#define DEFINE_COPY_DURABLE(wb, kernel) DEFINE_COPY_AS(kernel, _##wb, how_##wb)
#define DEFINE_ZERO_DURABLE(wb, kernel) DEFINE_ZERO_AS(kernel, _##wb, how_##wb)
#define DEFINE_EDGE_DURABLE(wb, kernel) DEFINE_EDGE_AS(kernel, _##wb, how_##wb)
#define DEFINE_COPY(kernel) \
  DEFINE_COPY_AS(kernel, , how_volatile) FOR_EACH_WRITE_BACK(DEFINE_COPY_DURABLE, kernel)
#define DEFINE_ZERO(kernel) \
  DEFINE_ZERO_AS(kernel, , how_volatile) FOR_EACH_WRITE_BACK(DEFINE_ZERO_DURABLE, kernel)
#define DEFINE_EDGE(kernel) \
  DEFINE_EDGE_AS(kernel, , how_volatile) FOR_EACH_WRITE_BACK(DEFINE_EDGE_DURABLE, kernel)

// `auto` has one variant more: caches that are persistent need the fence only.
#define DEFINE_AUTO(isa)                     \
  DEFINE_COPY(auto_##isa)                    \
  DEFINE_ZERO(auto_##isa)                    \
  DEFINE_EDGE(auto_##isa)                    \
  DEFINE_COPY_AS(auto_##isa, _eadr, how_eadr) \
  DEFINE_ZERO_AS(auto_##isa, _eadr, how_eadr) \
  DEFINE_EDGE_AS(auto_##isa, _eadr, how_eadr)

#define DECLARE_AS(kernel, suffix)                  \
  void cpersist_copy_##kernel##suffix(COPY_PARAMETERS); \
  void cpersist_zero_##kernel##suffix(ZERO_PARAMETERS); \
  void cpersist_edge_##kernel##suffix(EDGE_PARAMETERS);
#define DECLARE_DURABLE(wb, kernel) DECLARE_AS(kernel, _##wb)
#define DECLARE(kernel) DECLARE_AS(kernel, ) FOR_EACH_WRITE_BACK(DECLARE_DURABLE, kernel)

DECLARE(libc)
DECLARE(fragile_8)
DECLARE(guarded)
DECLARE(auto_portable)
DECLARE_AS(auto_portable, _eadr)
#if defined(__x86_64__)
DECLARE(rep_movsb)
DECLARE(movnti)
DECLARE(kernel)
DECLARE(upstream)
DECLARE(sse2_nt)
DECLARE(avx2)
DECLARE(avx2_nt)
DECLARE(avx512)
DECLARE(avx512_nt)
DECLARE(auto_sse2)
DECLARE_AS(auto_sse2, _eadr)
DECLARE(auto_avx2)
DECLARE_AS(auto_avx2, _eadr)
DECLARE(auto_avx512)
DECLARE_AS(auto_avx512, _eadr)
#endif

size_t cpersist_compare_libc(COMPARE_PARAMETERS);
size_t cpersist_compare_word_8(COMPARE_PARAMETERS);
size_t cpersist_compare_sse2(COMPARE_PARAMETERS);
size_t cpersist_compare_avx2(COMPARE_PARAMETERS);
size_t cpersist_compare_avx512(COMPARE_PARAMETERS);

// Head and tail from the source or zeros, then the body: the plain composition of two kernels.
// The functions are constants in every caller and become direct or inlined calls.
INLINE void edge_compose(
    EDGE_PARAMETERS, cpersist_copy_function copy, cpersist_zero_function zero) {
  char *block = target;
  const char *old = source;
  if (head == 0 && length == size) {
    old ? copy(block, old, size) : zero(block, size);
    return;
  }
  size_t tail = head + length;
  if (head) old ? copy(block, old, head) : zero(block, head);
  if (tail < size) old ? copy(block + tail, old + tail, size - tail) : zero(block + tail, size - tail);
  if (length) copy(block + head, data, length);
}
