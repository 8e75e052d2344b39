// The guarded copy as a routine. The code that survives a faulting source lives with the signal
// handler, outside this library; it is handed in.
#include <string.h>

#include "kernels.h"

static size_t unguarded(COPY_PARAMETERS) {
  memcpy(target, source, byte_count);
  return 0;
}

static cpersist_guarded_function guarded_copy = unguarded;

void cpersist_set_guarded(cpersist_guarded_function copy) { guarded_copy = copy; }

// A fault ends the copy early; a routine has no way to say so.
static void guarded(COPY_PARAMETERS) { guarded_copy(target, source, byte_count); }
static void zeros(ZERO_PARAMETERS) { memset(target, 0, byte_count); }

INLINE void copy_guarded(COPY_PARAMETERS, how instruction) {
  guarded(target, source, byte_count);
  finish(target, byte_count, instruction);
}

INLINE void edge_guarded(EDGE_PARAMETERS, how instruction) {
  edge_compose(target, source, data, head, length, size, guarded, zeros);
  finish(target, size, instruction);
}

DEFINE_COPY(guarded)
DEFINE_EDGE(guarded)
