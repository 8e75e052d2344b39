/* Host services that Swift cannot spell: macros over bit sets, function-like macros, fork, volatile
   access, and kernel interfaces newer than the system headers. Each shim says which of these it is.
   Every function returning int gives 0, or the errno value of the call that failed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* ---- Cores and clocks ---- */

/* Pins the calling thread to one core. CPU_ZERO and CPU_SET are macros. */
int chost_pin(int32_t core);

/* Writes the cores the calling thread may run on, ascending, and returns how many there are, which
   may exceed `capacity`; -1 when the kernel does not say. CPU_ISSET is a macro. */
int32_t chost_allowed_cores(int32_t *cores, int32_t capacity);

/* CPU time of the calling thread in nanoseconds. One call instead of a timespec and two terms. */
int64_t chost_thread_cpu_ns(void);

/* Monotonic time in nanoseconds. */
int64_t chost_wall_ns(void);

/* What the kernel counted for the calling thread since its start. */
typedef struct chost_usage {
  int64_t minor_faults;
  int64_t major_faults;
  int64_t involuntary_switches;
} chost_usage;

/* RUSAGE_THREAD is hidden behind _GNU_SOURCE. */
void chost_thread_usage(chost_usage *usage);

/* ---- Memory ---- */

/* madvise values that are newer than the system headers, and one that is a shifted macro. */
enum {
  CHOST_MADV_HUGEPAGE = 14,
  CHOST_MADV_NOHUGEPAGE = 15,
  CHOST_MADV_POPULATE_WRITE = 23,
  CHOST_MADV_COLLAPSE = 25,
  CHOST_MAP_HUGE_2MB = 21 << 26,
};

/* A new memory file of 4 KiB or of 2 MiB hugetlb pages, closed on exec; -1 and errno when refused.
   memfd_create is hidden behind _GNU_SOURCE. */
int32_t chost_memory_file(int32_t is_hugetlb);

/* Frees the pages of a file's first bytes, out of every mapping too; its length stays. fallocate
   is hidden behind _GNU_SOURCE. */
int chost_punch_hole(int32_t descriptor, size_t byte_count);

/* Makes every page of a range present and writable without changing a byte, also when another
   process writes to it: an atomic exchange with itself for each step. For kernels before 5.14. */
void chost_fault_in(unsigned char *base, size_t byte_count, size_t step);

/* Bytes of a range that are mapped, and bytes of those mapped by entries larger than a base page.
   PAGEMAP_SCAN came with Linux 6.7, after the headers of Debian 12; ENOTTY before that. */
int chost_pagemap_scan(const void *base, size_t byte_count, uint64_t *present, uint64_t *huge);

/* Reads one byte of each page; `volatile` keeps the loads, and Swift has none. */
void chost_touch_read(const unsigned char *base, size_t page_bytes, size_t pages);

/* Writes `value` to the first byte of each page. */
void chost_touch_write(unsigned char *base, size_t page_bytes, size_t pages, uint8_t value);

/* The frozen fault reference: first write of 4 KiB pages. Stored baselines are ratios to this
   loop. It never changes: neither its code nor its page size nor what it stores. */
void chost_reference_touch(unsigned char *base, size_t pages);

/* The frozen reference of calls on files: reads 4 KiB a call from the first 16 pages of a file in
   the page cache, and returns the bytes of all calls. It never changes either. */
size_t chost_reference_read(int descriptor, unsigned char *room, size_t calls);

/* ---- Crews ---- */

/* One thread's share of one run. */
typedef struct chost_span {
  int64_t cpu_ns;
  int64_t wall_ns;
  int64_t minor_faults;
  int64_t involuntary_switches;
} chost_span;

/* What each thread of a crew does in a run; `index` counts the threads from 0. */
typedef void (*chost_body)(void *_Nullable context, int32_t index);

/* Threads parked at a gate, each pinned to a core of its own, with all signals blocked. A C type
   because a start gate is atomics and a condition variable at fixed addresses. */
typedef struct chost_crew chost_crew;

/* Starts a crew of `count` threads on the given cores, or sets `error`. */
chost_crew *_Nullable chost_crew_start(const int32_t *cores, int32_t count, int *error);

/* Opens the gate: all threads run `body` at once. Returns when the last has finished. Clocks and
   counters are read on the thread, next to the body, so that a span holds nothing else. */
void chost_crew_run(chost_crew *crew, chost_body body, void *_Nullable context, chost_span *spans);

/* Ends and joins the threads. */
void chost_crew_stop(chost_crew *crew);

/* A crew body: thread i touches its slice, `base + i * slice_bytes`. */
typedef struct chost_touch {
  unsigned char *base;
  size_t slice_bytes;
  size_t page_bytes;
  size_t pages;
  int32_t is_write;
  uint8_t value;
} chost_touch;

void chost_touch_body(void *_Nullable context, int32_t index);

/* ---- A child that holds pages ---- */

/* A crew body for thread 0: forks a child that shares all private pages copy-on-write and waits
   until it is released. Swift forbids fork. The child dies with the thread that made it, and with
   the write end of its pipe. */
typedef struct chost_holder {
  int32_t pid;
  int32_t pipe_end;
  int error;
} chost_holder;

void chost_hold_body(void *_Nullable context, int32_t index);

/* Ends the child and reaps it. */
void chost_release_holder(chost_holder *holder);

/* Reads a process's memory. process_vm_readv is hidden behind _GNU_SOURCE. */
int chost_peek(int32_t pid, const void *address, void *target, size_t byte_count);

/* ---- Putting a setting back when the process is told to die ---- */

/* Remembers `text` to be written to `descriptor`; EBUSY when something is remembered already. */
int chost_restore_arm(int32_t descriptor, const char *text);

/* Forgets it. */
void chost_restore_disarm(void);

/* Writes it, once. Async-signal-safe: one write(2) of bytes prepared before. */
void chost_restore_now(void);

/* ---- Filesystems ---- */

/* What statfs and statx say of a path. sys/statfs.h is no part of Swift's Glibc module, and statx
   is hidden behind _GNU_SOURCE. */
typedef struct chost_filesystem {
  uint32_t magic;
  int64_t block_bytes;
  int64_t free_bytes;
  int32_t is_dax; /* 1 or 0, or -1 when the filesystem does not tell */
} chost_filesystem;

int chost_identify(const char *path, chost_filesystem *filesystem);

#pragma clang assume_nonnull end
