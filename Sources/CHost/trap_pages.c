// What stands behind the pages of a trap range, with either mechanism.
//
// With userfaultfd a mapping has to be registered after it is made. Between the two it must not
// let an access through, so pages are made with too little protection, registered, and then
// opened; an access in between is a SIGSEGV, whose handler waits for the lock and repeats it.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "trap_private.h"

static bool is_userfault(const struct trap_range *range) {
  return range->mechanism == CHOST_TRAP_USERFAULT;
}

bool chost_trap_contains(int32_t number, intptr_t page, intptr_t count) {
  size_t pages = chost_trap_slot(number)->page_count;
  return page >= 0 && count > 0 && (size_t)page < pages && (size_t)count <= pages - (size_t)page;
}

// Replaces pages by new ones; 0 or an errno value.
static int replace(char *start, size_t bytes, int protection, int flags, int file, int64_t offset) {
  void *mapped = mmap(start, bytes, protection, flags | MAP_FIXED, file, offset);
  return mapped == MAP_FAILED ? errno : 0;
}

// One mapping to give up when there are no more: at the limit the kernel refuses even a call that
// would leave fewer, such as taking many pages away.
static void *_Atomic spare;

static void keep_spare(void) {
  void *none = NULL;
  if (atomic_load_explicit(&spare, memory_order_relaxed)) return;
  // Shared, so that it never becomes one with a neighbour.
  void *made = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) return;
  if (!atomic_compare_exchange_strong(&spare, &none, made)) munmap(made, PAGE_BYTES);
}

static bool give_up_spare(void) {
  void *given = atomic_exchange(&spare, NULL);
  return given && munmap(given, PAGE_BYTES) == 0;
}

// Reserved pages on which every access traps. This has to succeed when the process has as many
// mappings as it may: then the pages keep theirs, inaccessible.
static int make_trapping(struct trap_range *range, size_t page, size_t count) {
  char *start = range->base + page * PAGE_BYTES;
  size_t bytes = count * PAGE_BYTES;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  int error = replace(start, bytes, PROT_NONE, flags, -1, 0);
  if (error == ENOMEM && give_up_spare()) error = replace(start, bytes, PROT_NONE, flags, -1, 0);
  if (error && mprotect(start, bytes, PROT_NONE)) return error;
  memset(range->pages + page, PAGE_TRAPS, count);
  if (!is_userfault(range)) return 0;
  if (!error) error = chost_userfault_trap_missing(range, start, bytes);
  if (error || mprotect(start, bytes, PROT_READ | PROT_WRITE))
    memset(range->pages + page, PAGE_TRAPS | PAGE_BY_SIGNAL, count);
  return 0;
}

// Present pages that can be read and trap on writes. `flags` name what they are made of.
static int make_readable(
    struct trap_range *range, size_t page, size_t count, int flags, int64_t offset) {
  char *start = range->base + page * PAGE_BYTES;
  size_t bytes = count * PAGE_BYTES;
  bool is_zero = flags & MAP_ANONYMOUS;
  int file = is_zero ? -1 : range->descriptor;
  int error = replace(start, bytes, PROT_READ, flags | MAP_POPULATE, file, offset);
  if (error) return error;
  memset(range->pages + page, is_zero ? PAGE_ZERO : PAGE_READABLE, count);
  if (!is_userfault(range)) return 0;
  error = chost_userfault_trap_writes(range, start, bytes);
  if (!error && mprotect(start, bytes, PROT_READ | PROT_WRITE)) error = errno;
  if (error) make_trapping(range, page, count);
  return error;
}

int chost_trap_map(
    int32_t number, intptr_t page, intptr_t count, int64_t offset, bool is_writable) {
  struct trap_range *range = chost_trap_slot(number);
  if (!chost_trap_contains(number, page, count) || offset < 0 || offset % PAGE_BYTES) return EINVAL;
  size_t bytes = (size_t)count * PAGE_BYTES;
  struct stat file;
  // A page past the end would be mapped and then be a bus error that nobody answered.
  if (fstat(range->descriptor, &file)) return errno;
  if (offset > file.st_size || bytes > (uint64_t)(file.st_size - offset)) return EINVAL;
  pthread_mutex_lock(&range->lock);
  keep_spare();
  int error;
  if (is_writable) {
    char *start = range->base + page * PAGE_BYTES;
    error = replace(
        start, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, range->descriptor, offset);
    if (!error) memset(range->pages + page, PAGE_WRITABLE, (size_t)count);
  } else {
    error = make_readable(range, (size_t)page, (size_t)count, MAP_SHARED, offset);
  }
  pthread_mutex_unlock(&range->lock);
  return error;
}

int chost_trap_map_zero(int32_t number, intptr_t page, intptr_t count) {
  struct trap_range *range = chost_trap_slot(number);
  if (!chost_trap_contains(number, page, count)) return EINVAL;
  pthread_mutex_lock(&range->lock);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  int error = make_readable(range, (size_t)page, (size_t)count, flags, 0);
  pthread_mutex_unlock(&range->lock);
  return error;
}

int chost_trap_unmap(int32_t number, intptr_t page, intptr_t count) {
  struct trap_range *range = chost_trap_slot(number);
  if (!chost_trap_contains(number, page, count)) return EINVAL;
  pthread_mutex_lock(&range->lock);
  keep_spare();
  int error = make_trapping(range, (size_t)page, (size_t)count);
  pthread_mutex_unlock(&range->lock);
  return error;
}

static int protect_run(struct trap_range *range, size_t page, size_t count) {
  char *start = range->base + page * PAGE_BYTES;
  size_t bytes = count * PAGE_BYTES;
  int error = 0;
  if (is_userfault(range)) {
    error = chost_userfault_trap_writes(range, start, bytes);
  } else if (mprotect(start, bytes, PROT_READ)) {
    error = errno;
  }
  if (!error) memset(range->pages + page, PAGE_READABLE, count);
  return error;
}

int chost_trap_protect(int32_t number, intptr_t page, intptr_t count) {
  struct trap_range *range = chost_trap_slot(number);
  if (!chost_trap_contains(number, page, count)) return EINVAL;
  size_t end = (size_t)page + (size_t)count;
  int error = 0;
  pthread_mutex_lock(&range->lock);
  for (size_t start = (size_t)page; start < end && !error;) {
    size_t next = start;
    while (next < end && range->pages[next] == PAGE_WRITABLE) next++;
    if (next > start) error = protect_run(range, start, next - start);
    start = next + 1;
  }
  pthread_mutex_unlock(&range->lock);
  return error;
}

int chost_trap_mark_bus(struct trap_range *range, size_t page, bool is_write) {
  uint8_t kind = range->pages[page] & PAGE_KIND;
  // Somebody has mapped the page meanwhile: repeating the access is all there is to do.
  if (kind == PAGE_WRITABLE || (!is_write && kind != PAGE_TRAPS)) return 0;
  char *start = range->base + page * PAGE_BYTES;
  // Whoever may read the page goes on reading it.
  if (mprotect(start, PAGE_BYTES, kind == PAGE_TRAPS ? PROT_NONE : PROT_READ)) return errno;
  range->pages[page] |= is_write ? PAGE_BUS_WRITE : PAGE_BUS_READ;
  return 0;
}

enum trap_outcome chost_trap_take_mark(struct trap_range *range, size_t page, bool is_write) {
  uint8_t mark = range->pages[page] & PAGE_BUS;
  if (range->pages[page] & PAGE_BY_SIGNAL) return TRAP_ASK;
  if (!mark) return TRAP_REPEAT;
  char *start = range->base + page * PAGE_BYTES;
  range->pages[page] &= PAGE_KIND;
  if (mprotect(start, PAGE_BYTES, PROT_READ | PROT_WRITE)) range->pages[page] |= PAGE_BY_SIGNAL;
  // A thread that meets the mark of another kind of access asks for itself.
  return mark & (is_write ? PAGE_BUS_WRITE : PAGE_BUS_READ) ? TRAP_BUS : TRAP_REPEAT;
}
