// The table of trap ranges, and what a SIGSEGV in one of them does.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "trap_private.h"

enum { CHUNK_SHIFT = 21, LENGTH_BITS = 28 };

static struct trap_range ranges[CHOST_TRAP_CAPACITY];
// Slots from here on were never used.
static _Atomic int32_t high_water;
// Ranges that trap now.
static _Atomic int32_t live;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

struct trap_range *chost_trap_slot(int32_t range) { return &ranges[range]; }

// Reads atomics only: it runs in a signal handler, in any thread.
static struct trap_range *find(uintptr_t address) {
  uint64_t chunk = address >> CHUNK_SHIFT;
  int32_t count = atomic_load_explicit(&high_water, memory_order_acquire);
  for (int32_t slot = 0; slot < count; slot++) {
    uint64_t key = atomic_load_explicit(&ranges[slot].key, memory_order_acquire);
    uint64_t length = key & ((UINT64_C(1) << LENGTH_BITS) - 1);
    if (chunk - (key >> LENGTH_BITS) < length) return &ranges[slot];
  }
  return NULL;
}

enum trap_outcome chost_trap_fault(const siginfo_t *info, bool is_write) {
  if (info->si_code != SEGV_MAPERR && info->si_code != SEGV_ACCERR) return TRAP_ELSEWHERE;
  struct trap_range *range = find((uintptr_t)info->si_addr);
  if (!range) return TRAP_ELSEWHERE;
  size_t page = (size_t)((char *)info->si_addr - range->base) / PAGE_BYTES;
  enum trap_outcome outcome = TRAP_ASK;
  if (range->mechanism == CHOST_TRAP_USERFAULT) {
    // A mark, or a page that is just being changed; then the lock is what to wait for.
    pthread_mutex_lock(&range->lock);
    outcome = chost_trap_take_mark(range, page, is_write);
    pthread_mutex_unlock(&range->lock);
  }
  if (outcome != TRAP_ASK) return outcome;
  uint8_t answer = range->handler(range->context, (intptr_t)page, is_write);
  return answer == CHOST_TRAP_REPEAT ? TRAP_REPEAT : TRAP_BUS;
}

static struct trap_range *take_slot(void) {
  struct trap_range *taken = NULL;
  pthread_mutex_lock(&table_lock);
  for (int32_t slot = 0; slot < CHOST_TRAP_CAPACITY && !taken; slot++) {
    if (ranges[slot].is_taken) continue;
    taken = &ranges[slot];
    taken->is_taken = true;
    if (slot >= atomic_load(&high_water)) atomic_store(&high_water, slot + 1);
  }
  pthread_mutex_unlock(&table_lock);
  return taken;
}

static void free_slot(struct trap_range *range) {
  atomic_store_explicit(&range->key, 0, memory_order_release);
  if (range->mechanism == CHOST_TRAP_USERFAULT) chost_userfault_stop(range);
  if (range->descriptor >= 0) close(range->descriptor);
  free(range->pages);
  pthread_mutex_destroy(&range->lock);
  pthread_mutex_lock(&table_lock);
  range->is_taken = false;
  pthread_mutex_unlock(&table_lock);
}

// The calls that can fail; on failure the caller frees the slot.
static int fill(
    struct trap_range *range, struct chost_trap_request request, const char **operation) {
  *operation = "fcntl";
  range->descriptor = fcntl(request.descriptor, F_DUPFD_CLOEXEC, 3);
  if (range->descriptor < 0) return errno;
  *operation = "calloc";
  range->pages = calloc(range->page_count, 1);
  if (!range->pages) return ENOMEM;
  if (request.mechanism != CHOST_TRAP_USERFAULT) return 0;
  return chost_userfault_start(range, operation);
}

int32_t chost_trap_create(struct chost_trap_request request, const char **operation) {
  uint64_t chunk = (uintptr_t)request.base >> CHUNK_SHIFT;
  uint64_t length = request.byte_count >> CHUNK_SHIFT;
  *operation = "mmap";
  if (length == 0 || length >> LENGTH_BITS || chunk >> (64 - LENGTH_BITS)) return -EINVAL;
#if !defined(__x86_64__)
  // A handler elsewhere would have to learn from another register whether an access is a write.
  return -ENOSYS;
#endif
  *operation = "sigaction";
  int error = chost_guarded_install_for_traps();
  if (error) return -error;
  *operation = "chost_trap_create";
  struct trap_range *range = take_slot();
  if (!range) return -ENOSPC;
  range->base = request.base;
  range->page_count = request.byte_count / PAGE_BYTES;
  range->mechanism = request.mechanism;
  range->handler = request.handler;
  range->context = request.context;
  range->descriptor = range->userfault = range->stop = -1;
  range->pages = NULL;
  pthread_mutex_init(&range->lock, NULL);
  error = fill(range, request, operation);
  if (error) {
    free_slot(range);
    return -error;
  }
  atomic_fetch_add(&live, 1);
  atomic_store_explicit(&range->key, chunk << LENGTH_BITS | length, memory_order_release);
  return (int32_t)(range - ranges);
}

void chost_trap_destroy(int32_t range) {
  free_slot(&ranges[range]);
  atomic_fetch_sub(&live, 1);
}

bool chost_trap_meets(const void *start, size_t byte_count) {
  if (!atomic_load_explicit(&live, memory_order_relaxed) || !byte_count) return false;
  uint64_t first = (uintptr_t)start >> CHUNK_SHIFT;
  uint64_t last = ((uintptr_t)start + (byte_count - 1)) >> CHUNK_SHIFT;
  int32_t count = atomic_load_explicit(&high_water, memory_order_acquire);
  for (int32_t slot = 0; slot < count; slot++) {
    uint64_t key = atomic_load_explicit(&ranges[slot].key, memory_order_acquire);
    uint64_t chunk = key >> LENGTH_BITS, length = key & ((UINT64_C(1) << LENGTH_BITS) - 1);
    if (first < chunk + length && last >= chunk && length) return true;
  }
  return false;
}

bool chost_trap_is_handler(int32_t range) {
  struct trap_range *slot = &ranges[range];
  return slot->stop >= 0 && pthread_equal(slot->thread, pthread_self());
}
