/// A reader-writer lock on one word with a futex behind it. Swift's standard library has no shared
/// lock, and pthread's costs four times as much uncontended and has no downgrade.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// One lock, alone in its cache line.
typedef struct {
  /// Readers, whether a writer holds it, whether somebody waits.
  uint32_t word;
  /// Place in the lock order: locks are taken by rising rank, and within a rank by rising order.
  uint32_t rank;
  uint64_t order;
  char pad[48];
} chost_lock;

/// Takes the lock alone. In debug builds a lock taken out of order aborts with both ranks.
void chost_lock_exclusive(chost_lock *_Nonnull lock);
/// Takes the lock alone if nobody holds it; out of order is allowed, since it cannot wait.
bool chost_lock_try_exclusive(chost_lock *_Nonnull lock);
/// Gives back a lock taken alone.
void chost_unlock_exclusive(chost_lock *_Nonnull lock);
/// Takes the lock beside other readers; waits for writers, also for waiting ones.
void chost_lock_shared(chost_lock *_Nonnull lock);
/// Gives back a lock taken beside other readers.
void chost_unlock_shared(chost_lock *_Nonnull lock);
/// Turns a lock taken alone into one taken beside readers, which may now enter.
void chost_lock_downgrade(chost_lock *_Nonnull lock);

/// Reads a wait word.
uint32_t chost_word_load(const uint32_t *_Nonnull word);
/// Counts a wake on a wait word, and wakes up to `count` sleepers.
void chost_word_wake(uint32_t *_Nonnull word, int count);
/// Sleeps while `*word` is `expected`, until woken; may return early.
void chost_futex_wait(const uint32_t *_Nonnull word, uint32_t expected);
/// Wakes up to `count` sleepers on a word.
void chost_futex_wake(const uint32_t *_Nonnull word, int count);
