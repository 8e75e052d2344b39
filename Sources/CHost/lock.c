#define _GNU_SOURCE
#include "include/chost_lock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WRITER (1u << 31)
#define WAITING (1u << 30)
#define READERS (WAITING - 1)
enum { SPINS = 64 };

_Static_assert(sizeof(chost_lock) == 64, "a lock is a cache line");

void chost_futex_wait(const uint32_t *word, uint32_t expected) {
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
  errno = saved;
}

void chost_futex_wake(const uint32_t *word, int count) {
  int saved = errno;
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
  errno = saved;
}

uint32_t chost_word_load(const uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

void chost_word_wake(uint32_t *word, int count) {
  __atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
  chost_futex_wake(word, count);
}

#if DEBUG
// What the calling thread holds, so that a lock out of order is found by the first run that takes
// it, not by the one that deadlocks.
enum { HELD_LIMIT = 16 };
static _Thread_local const chost_lock *held[HELD_LIMIT];
static _Thread_local int held_count;

static void check_order(const chost_lock *lock) {
  for (int index = 0; index < held_count; index++) {
    const chost_lock *other = held[index];
    if (other->rank < lock->rank || (other->rank == lock->rank && other->order < lock->order))
      continue;
    fprintf(stderr, "lock %u:%llu is taken while %u:%llu is held\n", lock->rank,
            (unsigned long long)lock->order, other->rank, (unsigned long long)other->order);
    abort();
  }
}

static void remember(const chost_lock *lock) {
  if (held_count < HELD_LIMIT) held[held_count++] = lock;
}

static void forget(const chost_lock *lock) {
  for (int index = held_count - 1; index >= 0; index--) {
    if (held[index] != lock) continue;
    for (; index + 1 < held_count; index++) held[index] = held[index + 1];
    held_count--;
    return;
  }
}
#else
static void check_order(const chost_lock *lock) { (void)lock; }
static void remember(const chost_lock *lock) { (void)lock; }
static void forget(const chost_lock *lock) { (void)lock; }
#endif

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Waits until one of the bits in `busy` may have gone.
static void wait_for(chost_lock *lock, uint32_t busy) {
  for (int spin = 0; spin < SPINS; spin++) {
    if (!(__atomic_load_n(&lock->word, __ATOMIC_RELAXED) & busy)) return;
    relax();
  }
  uint32_t seen = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);
  while (seen & busy) {
    if (!(seen & WAITING) &&
        !__atomic_compare_exchange_n(&lock->word, &seen, seen | WAITING, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
      continue;
    chost_futex_wait(&lock->word, seen | WAITING);
    return;
  }
}

bool chost_lock_try_exclusive(chost_lock *lock) {
  uint32_t free = 0;
  if (!__atomic_compare_exchange_n(&lock->word, &free, WRITER, false, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED))
    return false;
  remember(lock);
  return true;
}

void chost_lock_exclusive(chost_lock *lock) {
  check_order(lock);
  for (;;) {
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(&lock->word, &seen, WRITER, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      break;
    // Nobody holds it and somebody waits: enter, and keep the mark, for there may be more of them.
    if (seen == WAITING &&
        __atomic_compare_exchange_n(&lock->word, &seen, WRITER | WAITING, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      break;
    wait_for(lock, WRITER | READERS);
  }
  remember(lock);
}

void chost_unlock_exclusive(chost_lock *lock) {
  forget(lock);
  uint32_t seen = __atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE);
  if (seen & WAITING) chost_futex_wake(&lock->word, INT_MAX);
}

void chost_lock_shared(chost_lock *lock) {
  check_order(lock);
  for (;;) {
    uint32_t seen = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);
    if (seen & (WRITER | WAITING)) {
      wait_for(lock, WRITER | WAITING);
    } else if (__atomic_compare_exchange_n(&lock->word, &seen, seen + 1, true, __ATOMIC_ACQUIRE,
                                           __ATOMIC_RELAXED)) {
      break;
    }
  }
  remember(lock);
}

void chost_unlock_shared(chost_lock *lock) {
  forget(lock);
  uint32_t left = __atomic_sub_fetch(&lock->word, 1, __ATOMIC_RELEASE);
  // The last reader lets everybody who waits try again.
  if (left == WAITING &&
      __atomic_compare_exchange_n(&lock->word, &left, 0, false, __ATOMIC_RELAXED,
                                  __ATOMIC_RELAXED))
    chost_futex_wake(&lock->word, INT_MAX);
}

void chost_lock_downgrade(chost_lock *lock) {
  uint32_t seen = __atomic_exchange_n(&lock->word, 1, __ATOMIC_RELEASE);
  if (seen & WAITING) chost_futex_wake(&lock->word, INT_MAX);
}
