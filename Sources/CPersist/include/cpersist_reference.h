/// The frozen reference kernels: see reference.c. Their text never changes, so neither does this.
#pragma once

#include <stddef.h>

void cpersist_reference_copy_cached(
    void *_Nonnull target, const void *_Nonnull source, size_t byte_count);
void cpersist_reference_copy_streamed(
    void *_Nonnull target, const void *_Nonnull source, size_t byte_count);
void cpersist_reference_zero_cached(void *_Nonnull target, size_t byte_count);
void cpersist_reference_zero_streamed(void *_Nonnull target, size_t byte_count);
size_t cpersist_reference_compare(
    const void *_Nonnull left, const void *_Nonnull right, size_t byte_count);
void cpersist_reference_flush_clwb(const void *_Nonnull start, size_t byte_count);
void cpersist_reference_flush_clflushopt(const void *_Nonnull start, size_t byte_count);
void cpersist_reference_flush_clflush(const void *_Nonnull start, size_t byte_count);
