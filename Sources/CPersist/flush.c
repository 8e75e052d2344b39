// Write-back sweeps, one function for each instruction. No fence: it has its own name.
#include "kernels.h"

#define DEFINE_FLUSH(wb, _)                                      \
  void cpersist_flush_##wb(const void *start, size_t byte_count) { \
    write_back_lines(start, byte_count, how_##wb);                \
  }
FOR_EACH_WRITE_BACK(DEFINE_FLUSH, )

// Persistent caches: nothing to do, and a sweep costs a call.
void cpersist_flush_none(const void *start, size_t byte_count) { (void)start, (void)byte_count; }
