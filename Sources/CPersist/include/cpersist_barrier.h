/// Single instructions and compiler barriers, inline, so that Swift loops carry them at no cost.
#pragma once

#include <stddef.h>

#define CPERSIST_INLINE static inline __attribute__((always_inline))

/// Makes the compiler believe that somebody reads `value`. No instruction.
CPERSIST_INLINE void cpersist_consume(size_t value) { __asm__ volatile("" : : "r"(value)); }

/// Makes the compiler believe that somebody reads and writes all memory. No instruction.
CPERSIST_INLINE void cpersist_clobber(const void *_Nullable memory) {
  __asm__ volatile("" : : "r"(memory) : "memory");
}

/// Asks for a line that will be stored to.
CPERSIST_INLINE void cpersist_prefetch_write(const void *_Nonnull address) {
  __builtin_prefetch(address, 1, 3);
}

/// Asks for a line that will be read.
CPERSIST_INLINE void cpersist_prefetch_read(const void *_Nonnull address) {
  __builtin_prefetch(address, 0, 3);
}

/// Orders earlier write-backs and non-temporal stores before every later store.
CPERSIST_INLINE void cpersist_fence(void) {
#if defined(__x86_64__)
  __asm__ volatile("sfence" : : : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("dsb ish" : : : "memory");
#else
  __sync_synchronize();
#endif
}

/// Does nothing, out of line: the routine behind the harness floor.
void cpersist_empty(void *_Nonnull target, const void *_Nonnull source, size_t byte_count);
