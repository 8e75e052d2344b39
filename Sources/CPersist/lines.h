// Cache lines: how they are written back, and the variants each routine comes in.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "include/cpersist_barrier.h"

#define INLINE CPERSIST_INLINE

enum { line_size = 64 };

// How a routine ends. A constant in every caller, so each variant compiles to its own function.
typedef enum {
  how_volatile,  // not durable
  how_clwb,
  how_clflushopt,
  how_clflush,
  how_cvap,
  how_cvac,
  how_eadr,  // caches are persistent: fence only
} how;

// The durable variants of a kernel, best instruction first.
#if defined(__aarch64__)
#define FOR_EACH_WRITE_BACK(X, ...) X(cvap, __VA_ARGS__) X(cvac, __VA_ARGS__)
#else
#define FOR_EACH_WRITE_BACK(X, ...) \
  X(clwb, __VA_ARGS__) X(clflushopt, __VA_ARGS__) X(clflush, __VA_ARGS__)
#endif

INLINE void write_back_line(const void *line, how instruction) {
  switch (instruction) {
#if defined(__x86_64__)
    case how_clwb: __asm__ volatile("clwb (%0)" : : "r"(line) : "memory"); break;
    case how_clflushopt: __asm__ volatile("clflushopt (%0)" : : "r"(line) : "memory"); break;
    case how_clflush: __asm__ volatile("clflush (%0)" : : "r"(line) : "memory"); break;
#elif defined(__aarch64__)
    case how_cvap: __asm__ volatile("sys #3, C7, C12, #1, %0" : : "r"(line) : "memory"); break;
    case how_cvac: __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory"); break;
#endif
    default: break;
  }
}

INLINE const char *line_floor(const void *address) {
  return (const char *)((uintptr_t)address & ~(uintptr_t)(line_size - 1));
}

// Bytes from an address to the next line boundary, 0 on one.
INLINE size_t bytes_to_line(const void *address) {
  return -(uintptr_t)address & (line_size - 1);
}

INLINE void write_back_lines(const void *start, size_t byte_count, how instruction) {
  if (instruction == how_volatile || instruction == how_eadr || byte_count == 0) return;
  const char *end = (const char *)start + byte_count;
  for (const char *line = line_floor(start); line < end; line += line_size)
    write_back_line(line, instruction);
}

// The end of a cached kernel.
INLINE void finish(const void *start, size_t byte_count, how instruction) {
  if (instruction == how_volatile) return;
  write_back_lines(start, byte_count, instruction);
  cpersist_fence();
}

INLINE void prefetch_line(const void *line) { __builtin_prefetch(line, 0, 3); }
