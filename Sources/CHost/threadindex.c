#define _GNU_SOURCE
#include "include/chost_threadindex.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WORDS = CHOST_THREAD_INDEX_CAPACITY / 64 };

static _Atomic uint64_t taken[WORDS];
static pthread_key_t at_end;
static int has_key;

// 0 before the first call, index + 1, or -1 where none was free.
static _Thread_local int32_t mine;

static void release(void *value) {
  uintptr_t index = (uintptr_t)value - 1;
  // A destructor that runs after this one may ask again; then it takes an index anew.
  mine = 0;
  atomic_fetch_and_explicit(&taken[index / 64], ~(UINT64_C(1) << index % 64), memory_order_release);
}

static void make_key(void) { has_key = pthread_key_create(&at_end, release) == 0; }

static int32_t take(void) {
  for (int32_t word = 0; word < WORDS; word++) {
    uint64_t bits = atomic_load_explicit(&taken[word], memory_order_relaxed);
    while (~bits) {
      int32_t bit = __builtin_ctzll(~bits);
      if (atomic_compare_exchange_weak_explicit(
              &taken[word], &bits, bits | UINT64_C(1) << bit, memory_order_acquire,
              memory_order_relaxed))
        return word * 64 + bit;
    }
  }
  return -1;
}

static void give_back(int32_t index) { release((void *)(uintptr_t)(index + 1)); }

static int32_t first_call(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_key);
  int32_t index = has_key ? take() : -1;
  // An index that nothing gives back at the thread's end would be lost: better none.
  if (index >= 0 && pthread_setspecific(at_end, (void *)(uintptr_t)(index + 1)) != 0) {
    give_back(index);
    index = -1;
  }
  mine = index < 0 ? -1 : index + 1;
  return index;
}

int32_t chost_thread_index(void) {
  int32_t value = mine;
  if (__builtin_expect(value > 0, 1)) return value - 1;
  return value < 0 ? -1 : first_call();
}
