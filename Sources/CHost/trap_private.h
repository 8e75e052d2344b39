// What the parts of the trap ranges share.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "include/chost_trap.h"

enum { PAGE_BYTES = CHOST_TRAP_PAGE_BYTES };

// The state of one page, a byte under the range's lock.
enum {
  PAGE_TRAPS = 0,
  PAGE_ZERO = 1,
  PAGE_READABLE = 2,
  PAGE_WRITABLE = 3,
  PAGE_KIND = 3,
  // userfault: the handler answered SIGBUS to a read or a write. Protections make the repeated
  // access a SIGSEGV, whose handler takes the mark away.
  PAGE_BUS_READ = 4,
  PAGE_BUS_WRITE = 8,
  PAGE_BUS = PAGE_BUS_READ | PAGE_BUS_WRITE,
  // userfault: the kernel had no mapping left to register the page with. It is inaccessible, and
  // the SIGSEGV calls the handler, as with the other mechanism.
  PAGE_BY_SIGNAL = 16,
};

// One slot of the fixed table. It is never freed, so a reader that comes late reads a slot.
struct trap_range {
  // base >> 21 in the upper 36 bits, length >> 21 in the lower 28; 0 when free. One word, so that
  // readers need no lock and see no mixture of two ranges.
  _Atomic uint64_t key;
  bool is_taken;
  char *base;
  size_t page_count;
  int32_t mechanism;
  int32_t descriptor;
  chost_trap_handler handler;
  void *context;
  pthread_mutex_t lock;
  uint8_t *pages;
  int32_t userfault;
  int32_t stop;
  pthread_t thread;
};

#define HIDDEN __attribute__((visibility("hidden")))

// How a fault ends; TRAP_ASK leaves it to the handler.
enum trap_outcome { TRAP_ELSEWHERE, TRAP_REPEAT, TRAP_BUS, TRAP_ASK };

// Tries the trap ranges. Called first by the SIGSEGV handler.
HIDDEN enum trap_outcome chost_trap_fault(const siginfo_t *info, bool is_write);

// Ends the process by a SIGBUS that nobody catches.
HIDDEN void chost_die_of_bus(void);

// guarded.c: keeps callbacks off the small alternate stacks that some threads have.
HIDDEN int chost_guarded_install_for_traps(void);

HIDDEN struct trap_range *chost_trap_slot(int32_t range);

// Starts and stops the handler thread of a range; the result is 0 or an errno value.
HIDDEN int chost_userfault_start(struct trap_range *range, const char **operation);
HIDDEN void chost_userfault_stop(struct trap_range *range);

// Both return 0 or an errno value. The lock is held.
HIDDEN int chost_userfault_trap_missing(struct trap_range *range, char *start, size_t bytes);
HIDDEN int chost_userfault_trap_writes(struct trap_range *range, char *start, size_t bytes);

// trap_pages.c. The lock is held.
HIDDEN int chost_trap_mark_bus(struct trap_range *range, size_t page, bool is_write);
HIDDEN enum trap_outcome chost_trap_take_mark(struct trap_range *range, size_t page, bool is_write);
