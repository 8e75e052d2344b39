// A small number for the calling thread, for arrays with one element a thread. Swift has no thread
// locals, and no hook for the end of a thread.
#pragma once

#include <stdint.h>

/// Threads that can have an index at one time.
enum { CHOST_THREAD_INDEX_CAPACITY = 256 };

/// The calling thread's index, below `CHOST_THREAD_INDEX_CAPACITY`, or -1 when it found none free.
///
/// The lowest free one at the thread's first call; the answer then stays the same until the thread
/// ends, -1 too. A thread that ends leaves its index to later threads; what it wrote happens before
/// what they read. After fork the indices of the threads that are gone stay taken in the child.
int32_t chost_thread_index(void);
