/// The operation tables: every routine of every operation, whether or not this CPU can run it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What is true of the bytes when a routine returns.
enum cpersist_completion {
  /// Stored, perhaps only in a cache.
  cpersist_cached,
  /// Stored, and their lines on the way to memory; no fence yet.
  cpersist_written_back,
  /// On the way to memory, and ordered before every later store.
  cpersist_fenced,
};

/// Copies `byte_count` bytes; the ranges do not overlap.
typedef void (*cpersist_copy_function)(
    void *_Nonnull target, const void *_Nonnull source, size_t byte_count);
/// The offset of the first differing byte, or `byte_count` when there is none.
typedef size_t (*cpersist_compare_function)(
    const void *_Nonnull left, const void *_Nonnull right, size_t byte_count);
/// Fills `byte_count` bytes with zeros.
typedef void (*cpersist_zero_function)(void *_Nonnull target, size_t byte_count);
/// Writes back every line that `byte_count` bytes touch, without a fence.
typedef void (*cpersist_flush_function)(const void *_Nonnull start, size_t byte_count);
/// Fills a line-aligned block of `size` bytes: `length` bytes of `data` at `head`, and around them
/// the bytes of `source_block`, or zeros without one. `head == 0 && length == size` takes the
/// whole block from the source; `data` is then unused.
typedef void (*cpersist_edge_function)(
    void *_Nonnull target_block, const void *_Nullable source_block, const void *_Nonnull data,
    size_t head, size_t length, size_t size);

/// Rows of one name are alternatives, the best first: the first whose features are all there is
/// the routine. A table ends with a row without a name.
#define CPERSIST_ROW(kind)                         \
  typedef struct {                                 \
    const char *_Nullable name;                    \
    cpersist_##kind##_function _Nullable function; \
    uint32_t features;                             \
    enum cpersist_completion completion;           \
  } cpersist_##kind##_row

CPERSIST_ROW(copy);
CPERSIST_ROW(compare);
CPERSIST_ROW(zero);
CPERSIST_ROW(flush);
CPERSIST_ROW(edge);

const cpersist_copy_row *_Nonnull cpersist_copy_rows(bool durable);
const cpersist_compare_row *_Nonnull cpersist_compare_rows(void);
const cpersist_zero_row *_Nonnull cpersist_zero_rows(bool durable);
const cpersist_flush_row *_Nonnull cpersist_flush_rows(void);
const cpersist_edge_row *_Nonnull cpersist_edge_rows(bool durable);
/// Kernels that try for the machine's peak. All have the shape of a copy; `read` does not touch
/// the target, nor `store` the source. Sizes are multiples of 512.
const cpersist_copy_row *_Nonnull cpersist_peak_rows(void);

/// A copy that survives a fault in its source and returns the bytes not copied.
typedef size_t (*cpersist_guarded_function)(
    void *_Nonnull target, const void *_Nonnull source, size_t byte_count);
/// Sets the copy behind the `guarded` routines; until then they copy unguarded.
void cpersist_set_guarded(cpersist_guarded_function _Nonnull copy);

/// How many lines the flush-cache copy writes back for a target address and a size.
size_t cpersist_flushcache_lines(uintptr_t target, size_t byte_count);
