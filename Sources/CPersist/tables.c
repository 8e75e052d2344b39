// The tables. Alternatives of one name stand together, best first.
#include "kernels.h"

#define AVX512 (cpersist_has_avx512f | cpersist_has_avx512bw)

// One row without write-back, and one for each write-back instruction: under one name, or with the
// instruction's as a suffix.
#define ROW(op, text, kernel, needs, done) {text, cpersist_##op##_##kernel, needs, cpersist_##done},
#define SUFFIXED(wb, op, text, kernel, needs) \
  {text "+" #wb, cpersist_##op##_##kernel##_##wb, (needs) | cpersist_has_##wb, cpersist_fenced},
#define ALTERNATIVE(wb, op, text, kernel, needs) \
  {text, cpersist_##op##_##kernel##_##wb, (needs) | cpersist_has_##wb, cpersist_fenced},
#define CACHED(op, text, kernel, needs) FOR_EACH_WRITE_BACK(SUFFIXED, op, text, kernel, needs)
#define STREAMED(op, text, kernel, needs) FOR_EACH_WRITE_BACK(ALTERNATIVE, op, text, kernel, needs)
#define AUTO_DURABLE(op, isa, needs)                                                       \
  {"auto", cpersist_##op##_auto_##isa##_eadr, (needs) | cpersist_has_eadr, cpersist_fenced}, \
  STREAMED(op, "auto", auto_##isa, needs)

#if defined(__x86_64__)

#define VOLATILE_ROWS(op)                                    \
  ROW(op, "libc", libc, 0, cached)                           \
  ROW(op, "rep-movsb", rep_movsb, cpersist_has_sse2, cached) \
  ROW(op, "fragile-8", fragile_8, 0, cached)                 \
  STREAMED(op, "movnti", movnti, cpersist_has_movnti)        \
  ROW(op, "sse2-nt", sse2_nt, cpersist_has_sse2, fenced)     \
  ROW(op, "avx2", avx2, cpersist_has_avx2, cached)           \
  ROW(op, "avx2-nt", avx2_nt, cpersist_has_avx2, fenced)     \
  ROW(op, "avx512", avx512, AVX512, cached)                  \
  ROW(op, "avx512-nt", avx512_nt, AVX512, fenced)
#define VOLATILE_AUTO(op)                                    \
  ROW(op, "auto", auto_avx512, AVX512, cached)               \
  ROW(op, "auto", auto_avx2, cpersist_has_avx2, cached)      \
  ROW(op, "auto", auto_sse2, cpersist_has_sse2, cached)      \
  ROW(op, "auto", auto_portable, 0, cached)

#define DURABLE_ROWS(op)                                     \
  CACHED(op, "libc", libc, 0)                                \
  CACHED(op, "rep-movsb", rep_movsb, cpersist_has_sse2)      \
  CACHED(op, "fragile-8", fragile_8, 0)                      \
  STREAMED(op, "movnti", movnti, cpersist_has_movnti)        \
  STREAMED(op, "sse2-nt", sse2_nt, cpersist_has_sse2)        \
  CACHED(op, "avx2", avx2, cpersist_has_avx2)                \
  STREAMED(op, "avx2-nt", avx2_nt, cpersist_has_avx2)        \
  CACHED(op, "avx512", avx512, AVX512)                       \
  STREAMED(op, "avx512-nt", avx512_nt, AVX512)
#define DURABLE_AUTO(op)                                     \
  AUTO_DURABLE(op, avx512, AVX512)                           \
  AUTO_DURABLE(op, avx2, cpersist_has_avx2)                  \
  AUTO_DURABLE(op, sse2, cpersist_has_sse2)                  \
  AUTO_DURABLE(op, portable, 0)
#define VOLATILE_EDGE FOR_EACH_WRITE_BACK(ALTERNATIVE, edge, "kernel", upstream, cpersist_has_movnti)
#define DURABLE_EDGE STREAMED(edge, "kernel", kernel, cpersist_has_movnti)

#else

#define VOLATILE_ROWS(op) ROW(op, "libc", libc, 0, cached) ROW(op, "fragile-8", fragile_8, 0, cached)
#define VOLATILE_AUTO(op) ROW(op, "auto", auto_portable, 0, cached)
#define DURABLE_ROWS(op) CACHED(op, "libc", libc, 0) CACHED(op, "fragile-8", fragile_8, 0)
#define DURABLE_AUTO(op) AUTO_DURABLE(op, portable, 0)
#define VOLATILE_EDGE
#define DURABLE_EDGE

#endif

// Zeros have no source to guard.
#define GUARDED(op) ROW(op, "guarded", guarded, 0, cached)
#define DURABLE_GUARDED(op) CACHED(op, "guarded", guarded, 0)

static const cpersist_copy_row copies[] = {VOLATILE_ROWS(copy) GUARDED(copy) VOLATILE_AUTO(copy){0}};
static const cpersist_copy_row durable_copies[] = {
    DURABLE_ROWS(copy) DURABLE_GUARDED(copy) DURABLE_AUTO(copy){0}};
static const cpersist_zero_row zeros[] = {VOLATILE_ROWS(zero) VOLATILE_AUTO(zero){0}};
static const cpersist_zero_row durable_zeros[] = {DURABLE_ROWS(zero) DURABLE_AUTO(zero){0}};
static const cpersist_edge_row edges[] = {
    VOLATILE_ROWS(edge) VOLATILE_EDGE GUARDED(edge) VOLATILE_AUTO(edge){0}};
static const cpersist_edge_row durable_edges[] = {
    DURABLE_ROWS(edge) DURABLE_EDGE DURABLE_GUARDED(edge) DURABLE_AUTO(edge){0}};

static const cpersist_compare_row compares[] = {
    {"libc", cpersist_compare_libc, 0, cpersist_cached},
    {"word-8", cpersist_compare_word_8, 0, cpersist_cached},
#if defined(__x86_64__)
    {"avx2", cpersist_compare_avx2, cpersist_has_avx2, cpersist_cached},
    {"avx512", cpersist_compare_avx512, AVX512, cpersist_cached},
    {"auto", cpersist_compare_avx512, AVX512, cpersist_cached},
    {"auto", cpersist_compare_avx2, cpersist_has_avx2, cpersist_cached},
    {"auto", cpersist_compare_sse2, cpersist_has_sse2, cpersist_cached},
#endif
    {"auto", cpersist_compare_libc, 0, cpersist_cached},
    {0},
};

#define DECLARE_FLUSH(wb, _) void cpersist_flush_##wb(const void *start, size_t byte_count);
FOR_EACH_WRITE_BACK(DECLARE_FLUSH, )
void cpersist_flush_none(const void *start, size_t byte_count);

#define FLUSH_ROW(wb, _) {#wb, cpersist_flush_##wb, cpersist_has_##wb, cpersist_written_back},
#define FLUSH_AUTO(wb, _) {"auto", cpersist_flush_##wb, cpersist_has_##wb, cpersist_written_back},

static const cpersist_flush_row flushes[] = {
    FOR_EACH_WRITE_BACK(FLUSH_ROW, )
    {"none", cpersist_flush_none, 0, cpersist_cached},
    {"auto", cpersist_flush_none, cpersist_has_eadr, cpersist_cached},
    FOR_EACH_WRITE_BACK(FLUSH_AUTO, )
    {0},
};

const cpersist_copy_row *cpersist_copy_rows(bool durable) {
  return durable ? durable_copies : copies;
}
const cpersist_zero_row *cpersist_zero_rows(bool durable) { return durable ? durable_zeros : zeros; }
const cpersist_edge_row *cpersist_edge_rows(bool durable) { return durable ? durable_edges : edges; }
const cpersist_compare_row *cpersist_compare_rows(void) { return compares; }
const cpersist_flush_row *cpersist_flush_rows(void) { return flushes; }
