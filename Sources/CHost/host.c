#define _GNU_SOURCE
#include "chost_host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- Cores and clocks ---- */

int chost_pin(int32_t core) {
  cpu_set_t set;
  if (core < 0 || core >= CPU_SETSIZE) return EINVAL;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  return sched_setaffinity(0, sizeof set, &set) ? errno : 0;
}

int32_t chost_allowed_cores(int32_t *cores, int32_t capacity) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set)) return -1;
  int32_t count = 0;
  for (int32_t core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET(core, &set)) continue;
    if (count < capacity) cores[count] = core;
    count++;
  }
  return count;
}

static int64_t read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t chost_thread_cpu_ns(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

int64_t chost_wall_ns(void) { return read_clock(CLOCK_MONOTONIC); }

void chost_thread_usage(chost_usage *usage) {
  struct rusage now;
  getrusage(RUSAGE_THREAD, &now);
  usage->minor_faults = now.ru_minflt;
  usage->major_faults = now.ru_majflt;
  usage->involuntary_switches = now.ru_nivcsw;
}

/* ---- Memory ---- */

int32_t chost_memory_file(int32_t is_hugetlb) {
  unsigned huge = is_hugetlb ? MFD_HUGETLB | CHOST_MAP_HUGE_2MB : 0;
  return memfd_create("daxmark", MFD_CLOEXEC | huge);
}

int chost_punch_hole(int32_t descriptor, size_t byte_count) {
  int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return fallocate(descriptor, mode, 0, (off_t)byte_count) ? errno : 0;
}

void chost_fault_in(unsigned char *base, size_t byte_count, size_t step) {
  for (size_t offset = 0; offset < byte_count; offset += step) {
    /* Exchanged with itself. OR with zero would do, but the optimiser makes a load of it. */
    unsigned char byte = __atomic_load_n(base + offset, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(
        base + offset, &byte, byte, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
  }
}

/* The layout of struct pm_scan_arg and struct page_region in linux/fs.h since 6.7. */
struct page_region {
  uint64_t start, end, categories;
};
struct scan_argument {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
  uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
_Static_assert(sizeof(struct page_region) == 24, "kernel ABI");
_Static_assert(sizeof(struct scan_argument) == 96, "kernel ABI");

enum { PAGE_IS_PRESENT_BIT = 1 << 3, PAGE_IS_HUGE_BIT = 1 << 6 };

int chost_pagemap_scan(const void *base, size_t byte_count, uint64_t *present, uint64_t *huge) {
  struct page_region regions[64];
  struct scan_argument scan = {
      .size = sizeof scan,
      .start = (uintptr_t)base,
      .end = (uintptr_t)base + byte_count,
      .vec = (uintptr_t)regions,
      .vec_len = 64,
      .category_mask = PAGE_IS_PRESENT_BIT,
      .return_mask = PAGE_IS_PRESENT_BIT | PAGE_IS_HUGE_BIT,
  };
  int descriptor = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  int error = 0;
  *present = *huge = 0;
  while (scan.start < scan.end) {
    long count = ioctl(descriptor, _IOWR('f', 16, struct scan_argument), &scan);
    if (count < 0) {
      error = errno;
      break;
    }
    for (long i = 0; i < count; i++) {
      uint64_t bytes = regions[i].end - regions[i].start;
      *present += bytes;
      if (regions[i].categories & PAGE_IS_HUGE_BIT) *huge += bytes;
    }
    scan.start = scan.walk_end;
  }
  close(descriptor);
  return error;
}

void chost_touch_read(const unsigned char *base, size_t page_bytes, size_t pages) {
  const volatile unsigned char *byte = base;
  for (size_t page = 0; page < pages; page++, byte += page_bytes) (void)*byte;
}

void chost_touch_write(unsigned char *base, size_t page_bytes, size_t pages, uint8_t value) {
  volatile unsigned char *byte = base;
  for (size_t page = 0; page < pages; page++, byte += page_bytes) *byte = value;
}

/* ---- Crews ---- */

struct member {
  pthread_t thread;
  chost_crew *crew;
  int32_t index;
};

struct chost_crew {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint64_t generation; /* counts the runs; a parked thread waits for the next */
  int32_t count, running;
  int stopping;
  chost_body body;
  void *context;
  chost_span *spans;
  atomic_int arrived; /* the start gate: open when all have arrived */
  struct member members[];
};

/* Writes the stack that the span will use. After a fork it is shared with the child, and the
   first write to it would be a fault of ours counted as one of theirs. */
static __attribute__((noinline)) void own_stack(void) {
  volatile unsigned char room[16384];
  for (size_t i = 0; i < sizeof room; i += 1024) room[i] = 0;
}

static void run_span(chost_crew *crew, int32_t index) {
  chost_usage before, after;
  own_stack();
  chost_thread_usage(&before);
  atomic_fetch_add(&crew->arrived, 1);
  /* Spin, so that nobody starts late by a wake-up; yield, so that a shared core does not starve
     the thread waited for. */
  while (atomic_load(&crew->arrived) < crew->count) sched_yield();

  chost_thread_usage(&before);
  int64_t wall = chost_wall_ns();
  int64_t cpu = chost_thread_cpu_ns();
  crew->body(crew->context, index);
  cpu = chost_thread_cpu_ns() - cpu;
  wall = chost_wall_ns() - wall;
  chost_thread_usage(&after);

  crew->spans[index] = (chost_span){
      .cpu_ns = cpu,
      .wall_ns = wall,
      .minor_faults = after.minor_faults - before.minor_faults,
      .involuntary_switches = after.involuntary_switches - before.involuntary_switches,
  };
}

static void *live(void *argument) {
  struct member *member = argument;
  chost_crew *crew = member->crew;
  uint64_t seen = 0;
  pthread_mutex_lock(&crew->lock);
  for (;;) {
    while (crew->generation == seen && !crew->stopping) {
      pthread_cond_wait(&crew->changed, &crew->lock);
    }
    if (crew->stopping) break;
    seen = crew->generation;
    pthread_mutex_unlock(&crew->lock);
    run_span(crew, member->index);
    pthread_mutex_lock(&crew->lock);
    if (--crew->running == 0) pthread_cond_broadcast(&crew->changed);
  }
  pthread_mutex_unlock(&crew->lock);
  return NULL;
}

static int start_member(struct member *member, int32_t core) {
  pthread_attr_t attributes;
  cpu_set_t set;
  if (core < 0 || core >= CPU_SETSIZE) return EINVAL;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_attr_init(&attributes);
  int error = pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
  if (!error) error = pthread_create(&member->thread, &attributes, live, member);
  pthread_attr_destroy(&attributes);
  return error;
}

chost_crew *chost_crew_start(const int32_t *cores, int32_t count, int *error) {
  chost_crew *crew = calloc(1, sizeof *crew + (size_t)count * sizeof(struct member));
  if (!crew) {
    *error = ENOMEM;
    return NULL;
  }
  pthread_mutex_init(&crew->lock, NULL);
  pthread_cond_init(&crew->changed, NULL);
  /* Signals belong to the thread that waits for them, never to one that is being timed. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  *error = 0;
  while (crew->count < count && !*error) {
    struct member *member = &crew->members[crew->count];
    member->crew = crew;
    member->index = crew->count;
    *error = start_member(member, cores[crew->count]);
    if (!*error) crew->count++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!*error) return crew;
  chost_crew_stop(crew);
  return NULL;
}

void chost_crew_run(chost_crew *crew, chost_body body, void *context, chost_span *spans) {
  pthread_mutex_lock(&crew->lock);
  crew->body = body;
  crew->context = context;
  crew->spans = spans;
  crew->running = crew->count;
  atomic_store(&crew->arrived, 0);
  crew->generation++;
  pthread_cond_broadcast(&crew->changed);
  while (crew->running > 0) pthread_cond_wait(&crew->changed, &crew->lock);
  pthread_mutex_unlock(&crew->lock);
}

void chost_crew_stop(chost_crew *crew) {
  pthread_mutex_lock(&crew->lock);
  crew->stopping = 1;
  pthread_cond_broadcast(&crew->changed);
  pthread_mutex_unlock(&crew->lock);
  for (int32_t i = 0; i < crew->count; i++) pthread_join(crew->members[i].thread, NULL);
  pthread_cond_destroy(&crew->changed);
  pthread_mutex_destroy(&crew->lock);
  free(crew);
}

void chost_touch_body(void *context, int32_t index) {
  const chost_touch *touch = context;
  unsigned char *slice = touch->base + (size_t)index * touch->slice_bytes;
  if (touch->is_write) {
    chost_touch_write(slice, touch->page_bytes, touch->pages, touch->value);
  } else {
    chost_touch_read(slice, touch->page_bytes, touch->pages);
  }
}

/* ---- A child that holds pages ---- */

static _Noreturn void hold(int pipe_end, pid_t parent) {
  char byte;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0); /* it died before the line above */
  dup2(pipe_end, 0);
  close_range(1, ~0U, 0); /* keep nobody's pipe open */
  while (read(0, &byte, 1) < 0 && errno == EINTR) {
  }
  _exit(0);
}

void chost_hold_body(void *context, int32_t index) {
  chost_holder *holder = context;
  int ends[2];
  if (index != 0) return;
  *holder = (chost_holder){.pid = -1, .pipe_end = -1};
  if (pipe2(ends, O_CLOEXEC)) {
    holder->error = errno;
    return;
  }
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    close(ends[1]);
    hold(ends[0], parent);
  }
  if (child < 0) holder->error = errno;
  close(ends[0]);
  if (child < 0) {
    close(ends[1]);
    return;
  }
  holder->pid = child;
  holder->pipe_end = ends[1];
}

void chost_release_holder(chost_holder *holder) {
  if (holder->pid <= 0) return;
  close(holder->pipe_end);
  kill(holder->pid, SIGKILL); /* a stopped child would not see the end of its pipe */
  while (waitpid(holder->pid, NULL, 0) < 0 && errno == EINTR) {
  }
  *holder = (chost_holder){.pid = -1, .pipe_end = -1};
}

int chost_peek(int32_t pid, const void *address, void *target, size_t byte_count) {
  struct iovec local = {target, byte_count}, remote = {(void *)address, byte_count};
  ssize_t count = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  if (count < 0) return errno;
  return (size_t)count == byte_count ? 0 : EFAULT;
}

/* ---- Putting a setting back when the process is told to die ---- */

static struct {
  atomic_int state; /* 0 free, 1 being armed or fired, 2 armed */
  int32_t descriptor;
  size_t length;
  char text[24];
} restore;

int chost_restore_arm(int32_t descriptor, const char *text) {
  int free_state = 0;
  size_t length = strlen(text);
  if (length > sizeof restore.text) return EINVAL;
  if (!atomic_compare_exchange_strong(&restore.state, &free_state, 1)) return EBUSY;
  restore.descriptor = descriptor;
  restore.length = length;
  memcpy(restore.text, text, length);
  atomic_store(&restore.state, 2);
  return 0;
}

void chost_restore_disarm(void) { atomic_store(&restore.state, 0); }

void chost_restore_now(void) {
  int armed = 2, error = errno;
  if (atomic_compare_exchange_strong(&restore.state, &armed, 1)) {
    if (write(restore.descriptor, restore.text, restore.length) < 0) errno = error;
  }
  errno = error;
}

/* ---- Filesystems ---- */

int chost_identify(const char *path, chost_filesystem *filesystem) {
  struct statfs status;
  struct statx attributes;
  if (statfs(path, &status)) return errno;
  *filesystem = (chost_filesystem){
      .magic = (uint32_t)status.f_type,
      .block_bytes = status.f_bsize,
      .free_bytes = (int64_t)status.f_bavail * status.f_bsize,
      .is_dax = -1,
  };
  if (statx(AT_FDCWD, path, 0, 0, &attributes)) return 0;
  if (attributes.stx_attributes_mask & STATX_ATTR_DAX) {
    filesystem->is_dax = (attributes.stx_attributes & STATX_ATTR_DAX) != 0;
  }
  return 0;
}
