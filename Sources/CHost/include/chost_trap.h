// Address ranges whose accesses trap. Swift can spell neither a signal handler that reads the
// faulting context nor the ioctls of userfaultfd.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Ranges that can exist at one time.
enum { CHOST_TRAP_CAPACITY = 256 };

/// Bytes of a page of a range.
enum { CHOST_TRAP_PAGE_BYTES = 4096 };

/// How accesses are caught: SIGSEGV on the faulting thread, or userfaultfd and a handler thread.
enum { CHOST_TRAP_SIGNAL = 0, CHOST_TRAP_USERFAULT = 1 };

/// What a handler answers: the access is to be repeated, or it is a bus error.
enum { CHOST_TRAP_REPEAT = 0, CHOST_TRAP_SIGBUS = 1 };

/// Answers an access to a page of a range.
typedef uint8_t (*chost_trap_handler)(void *_Nonnull context, intptr_t page, bool is_write);

/// What a range is made of.
struct chost_trap_request {
  /// Reserved and inaccessible: a private anonymous mapping, aligned to 2 MiB.
  void *_Nonnull base;
  /// A multiple of 2 MiB.
  size_t byte_count;
  int32_t mechanism;
  /// The memory file that pages are mapped from; the range keeps a duplicate.
  int32_t descriptor;
  chost_trap_handler _Nonnull handler;
  void *_Nonnull context;
};

/// Starts trapping. Returns the range's number, or -errno with the failed call in `*operation`.
int32_t chost_trap_create(
    struct chost_trap_request request, const char *_Nullable *_Nonnull operation);

/// Stops trapping; the caller then unmaps the addresses. Nobody accesses them any more, and it is
/// not the range's own handler thread that calls.
void chost_trap_destroy(int32_t range);

/// Whether any of the bytes lies in a range. Nothing is accessed; without ranges, one load.
bool chost_trap_meets(const void *_Nonnull start, size_t byte_count);

/// Whether the calling thread is the handler thread of the range.
bool chost_trap_is_handler(int32_t range);

/// Whether pages can lie in the range. All functions below return EINVAL where they do not.
bool chost_trap_contains(int32_t range, intptr_t page, intptr_t count);

/// Maps pages of the memory file, present from now on. All of these return 0 or an errno value,
/// ENOMEM when the process has too many mappings; a failed call leaves the pages as they were or
/// trapping.
int chost_trap_map(
    int32_t range, intptr_t page, intptr_t count, int64_t offset, bool is_writable);

/// Maps the page of zeros: reads are zero, a write traps.
int chost_trap_map_zero(int32_t range, intptr_t page, intptr_t count);

/// Makes the next write to each page that is mapped writable trap; other pages stay as they are.
int chost_trap_protect(int32_t range, intptr_t page, intptr_t count);

/// Makes every access trap again.
int chost_trap_unmap(int32_t range, intptr_t page, intptr_t count);
