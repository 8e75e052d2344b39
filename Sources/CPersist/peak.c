// The roofline: the most this machine loads, stores and copies with its widest vectors. Sizes are
// multiples of 512 bytes; the target starts a line.
#include "kernels.h"

#if defined(__x86_64__)

#define DEFINE_PEAKS(isa, width, isa_target)                                                   \
  typedef char isa##_vector __attribute__((vector_size(width), aligned(width), may_alias));     \
  typedef char isa##_bytes __attribute__((vector_size(width), aligned(1), may_alias));          \
                                                                                               \
  __attribute__((target(isa_target))) void cpersist_peak_read_##isa(COPY_PARAMETERS) {          \
    (void)target;                                                                              \
    const char *end = (const char *)source + byte_count;                                       \
    for (const char *from = source; from < end; from += 512) {                                 \
      _Pragma("clang loop unroll(full)") for (size_t at = 0; at < 512; at += width) {           \
        isa##_bytes loaded = *(const isa##_bytes *)(from + at);                                \
        __asm__ volatile("" : : "x"(loaded));                                                  \
      }                                                                                        \
    }                                                                                          \
  }                                                                                            \
                                                                                               \
  /* Four streams: one alone leaves the memory waiting for its prefetcher. */                  \
  __attribute__((target(isa_target))) void cpersist_peak_read_4_##isa(COPY_PARAMETERS) {       \
    (void)target;                                                                              \
    size_t part = byte_count / 4;                                                              \
    for (const char *from = source, *end = from + part; from < end; from += 128) {             \
      _Pragma("clang loop unroll(full)") for (size_t at = 0; at < 128; at += width) {          \
        isa##_bytes first = *(const isa##_bytes *)(from + at);                                 \
        isa##_bytes second = *(const isa##_bytes *)(from + part + at);                         \
        isa##_bytes third = *(const isa##_bytes *)(from + 2 * part + at);                      \
        isa##_bytes fourth = *(const isa##_bytes *)(from + 3 * part + at);                     \
        __asm__ volatile("" : : "x"(first), "x"(second), "x"(third), "x"(fourth));             \
      }                                                                                        \
    }                                                                                          \
  }                                                                                            \
                                                                                               \
  __attribute__((target(isa_target))) void cpersist_peak_store_##isa(COPY_PARAMETERS) {         \
    (void)source;                                                                              \
    isa##_bytes value = {0};                                                                   \
    for (char *to = target, *end = to + byte_count; to < end; to += 512) {                     \
      __asm__ volatile("" : "+x"(value));                                                      \
      _Pragma("clang loop unroll(full)") for (size_t at = 0; at < 512; at += width)             \
          *(isa##_bytes *)(to + at) = value;                                                   \
    }                                                                                          \
  }                                                                                            \
                                                                                               \
  __attribute__((target(isa_target))) void cpersist_peak_store_nt_##isa(COPY_PARAMETERS) {      \
    (void)source;                                                                              \
    isa##_vector value = {0};                                                                  \
    for (char *to = target, *end = to + byte_count; to < end; to += 512) {                     \
      __asm__ volatile("" : "+x"(value));                                                      \
      _Pragma("clang loop unroll(full)") for (size_t at = 0; at < 512; at += width)             \
          __builtin_nontemporal_store(value, (isa##_vector *)(to + at));                       \
    }                                                                                          \
    cpersist_fence();                                                                          \
  }                                                                                            \
                                                                                               \
  __attribute__((target(isa_target))) void cpersist_peak_copy_##isa(COPY_PARAMETERS) {          \
    const char *from = source;                                                                 \
    for (char *to = target, *end = to + byte_count; to < end; to += 512, from += 512) {        \
      _Pragma("clang loop unroll(full)") for (size_t at = 0; at < 512; at += width) {           \
        isa##_bytes value = *(const isa##_bytes *)(from + at);                                 \
        __asm__ volatile("" : "+x"(value));                                                    \
        *(isa##_bytes *)(to + at) = value;                                                     \
      }                                                                                        \
    }                                                                                          \
  }                                                                                            \
                                                                                               \
  __attribute__((target(isa_target))) void cpersist_peak_copy_nt_##isa(COPY_PARAMETERS) {       \
    const char *from = source;                                                                 \
    for (char *to = target, *end = to + byte_count; to < end; to += 512, from += 512) {        \
      _Pragma("clang loop unroll(full)") for (size_t at = 0; at < 512; at += width)             \
          __builtin_nontemporal_store(                                                         \
              *(const isa##_bytes *)(from + at), (isa##_vector *)(to + at));                   \
    }                                                                                          \
    cpersist_fence();                                                                          \
  }

DEFINE_PEAKS(sse2, 16, "sse2")
DEFINE_PEAKS(avx2, 32, "avx2")
DEFINE_PEAKS(avx512, 64, "avx512f,avx512bw")

#define PEAK_ROW(text, kernel)                                                                 \
  {text, cpersist_peak_##kernel##_avx512, cpersist_has_avx512f | cpersist_has_avx512bw, 0},     \
  {text, cpersist_peak_##kernel##_avx2, cpersist_has_avx2, 0},                                  \
  {text, cpersist_peak_##kernel##_sse2, cpersist_has_sse2, 0}

static const cpersist_copy_row peaks[] = {
    PEAK_ROW("read", read),
    PEAK_ROW("read-4", read_4),
    PEAK_ROW("store", store),
    PEAK_ROW("store-nt", store_nt),
    PEAK_ROW("copy", copy),
    PEAK_ROW("copy-nt", copy_nt),
    {"copy-rep", cpersist_copy_rep_movsb, cpersist_has_sse2, cpersist_cached},
    {0},
};

#else
#include <string.h>

static void read_words(COPY_PARAMETERS) {
  (void)target;
  for (size_t at = 0; at < byte_count; at += 8) {
    size_t word;
    memcpy(&word, (const char *)source + at, 8);
    cpersist_consume(word);
  }
}

static void store_zeros(COPY_PARAMETERS) {
  (void)source;
  memset(target, 0, byte_count);
}

static const cpersist_copy_row peaks[] = {
    {"read", read_words, 0, cpersist_cached},
    {"store", store_zeros, 0, cpersist_cached},
    {"copy", cpersist_copy_libc, 0, cpersist_cached},
    // Known names that need x86: they become skipped rows here.
    {"read-4", read_words, cpersist_has_sse2, cpersist_cached},
    {"store-nt", store_zeros, cpersist_has_sse2, cpersist_cached},
    {"copy-nt", cpersist_copy_libc, cpersist_has_sse2, cpersist_cached},
    {"copy-rep", cpersist_copy_libc, cpersist_has_sse2, cpersist_cached},
    {0},
};
#endif

const cpersist_copy_row *cpersist_peak_rows(void) { return peaks; }
