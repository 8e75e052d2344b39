// userfaultfd: registration, and the thread that calls a range's handler.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trap_private.h"

// Linux 5.7 and 5.19: faults on write-protected pages, of memory files too.
static const uint64_t needed = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM;
// Linux 6.4, newer than the headers of Debian 12: protects absent anonymous pages as well.
static const uint64_t welcome = UINT64_C(1) << 13;

static int32_t open_userfault(void) {
  int flags = O_CLOEXEC | O_NONBLOCK;
  long descriptor = syscall(SYS_userfaultfd, flags);
  // Without privilege: faults of user code alone.
  if (descriptor < 0 && errno == EPERM)
    descriptor = syscall(SYS_userfaultfd, flags | UFFD_USER_MODE_ONLY);
  return (int32_t)descriptor;
}

// Agrees on features with the kernel, which a descriptor does once; so a first one asks.
static int handshake(int32_t *descriptor) {
  struct uffdio_api asked = {.api = UFFD_API};
  int32_t first = open_userfault();
  if (first < 0) return errno;
  int error = ioctl(first, UFFDIO_API, &asked) ? errno : 0;
  close(first);
  if (error) return error;
  if ((asked.features & needed) != needed) return EOPNOTSUPP;
  struct uffdio_api agreed = {.api = UFFD_API, .features = needed | (asked.features & welcome)};
  *descriptor = open_userfault();
  if (*descriptor < 0) return errno;
  return ioctl(*descriptor, UFFDIO_API, &agreed) ? errno : 0;
}

static int enroll(struct trap_range *range, char *start, size_t bytes, uint64_t mode) {
  struct uffdio_register request = {
      .range = {.start = (uintptr_t)start, .len = bytes}, .mode = mode};
  return ioctl(range->userfault, UFFDIO_REGISTER, &request) ? errno : 0;
}

int chost_userfault_trap_missing(struct trap_range *range, char *start, size_t bytes) {
  return enroll(range, start, bytes, UFFDIO_REGISTER_MODE_MISSING);
}

int chost_userfault_trap_writes(struct trap_range *range, char *start, size_t bytes) {
  int error = enroll(range, start, bytes, UFFDIO_REGISTER_MODE_WP);
  if (error) return error;
  struct uffdio_writeprotect request = {
      .range = {.start = (uintptr_t)start, .len = bytes}, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
  // EAGAIN: the address space is just being copied by a fork.
  while (ioctl(range->userfault, UFFDIO_WRITEPROTECT, &request))
    if (errno != EAGAIN) return errno;
  return 0;
}

static void answer(struct trap_range *range, const struct uffd_msg *message) {
  uint64_t flags = message->arg.pagefault.flags;
  bool is_write = flags & (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP);
  uintptr_t offset = (uintptr_t)message->arg.pagefault.address - (uintptr_t)range->base;
  size_t page = offset / PAGE_BYTES;
  if (range->handler(range->context, (intptr_t)page, is_write) != CHOST_TRAP_REPEAT) {
    pthread_mutex_lock(&range->lock);
    int error = chost_trap_mark_bus(range, page, is_write);
    pthread_mutex_unlock(&range->lock);
    // The kernel lets no mapping be split; the thread cannot be told, and must not go on.
    if (error) chost_die_of_bus();
  }
  struct uffdio_range wake = {
      .start = (uintptr_t)range->base + page * PAGE_BYTES, .len = PAGE_BYTES};
  ioctl(range->userfault, UFFDIO_WAKE, &wake);
}

static void *handle(void *argument) {
  struct trap_range *range = argument;
  struct pollfd polled[] = {
      {.fd = range->userfault, .events = POLLIN}, {.fd = range->stop, .events = POLLIN}};
  for (;;) {
    if (poll(polled, 2, -1) < 0) continue;
    if (polled[1].revents) return NULL;
    struct uffd_msg message;
    // The fault may be gone when its thread was interrupted or woken by another one's answer.
    while (read(range->userfault, &message, sizeof message) == sizeof message)
      if (message.event == UFFD_EVENT_PAGEFAULT) answer(range, &message);
  }
}

// Signals go to other threads: this one must answer while they wait.
static int start_thread(struct trap_range *range) {
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGSEGV);
  sigdelset(&all, SIGBUS);
  sigdelset(&all, SIGABRT);
  sigdelset(&all, SIGILL);
  sigdelset(&all, SIGTRAP);
  sigdelset(&all, SIGFPE);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(&range->thread, NULL, handle, range);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

int chost_userfault_start(struct trap_range *range, const char **operation) {
  size_t bytes = range->page_count * PAGE_BYTES;
  *operation = "userfaultfd";
  int error = handshake(&range->userfault);
  if (!error) error = chost_userfault_trap_missing(range, range->base, bytes);
  if (error) return error;
  *operation = "mprotect";
  if (mprotect(range->base, bytes, PROT_READ | PROT_WRITE)) return errno;
  *operation = "eventfd";
  int32_t stop = eventfd(0, EFD_CLOEXEC);
  if (stop < 0) return errno;
  range->stop = stop;
  *operation = "pthread_create";
  error = start_thread(range);
  if (error) {
    close(stop);
    range->stop = -1;
  }
  return error;
}

void chost_userfault_stop(struct trap_range *range) {
  if (range->stop >= 0) {
    uint64_t one = 1;
    while (write(range->stop, &one, sizeof one) < 0 && errno == EINTR) {
    }
    pthread_join(range->thread, NULL);
    close(range->stop);
  }
  if (range->userfault >= 0) close(range->userfault);
  range->stop = range->userfault = -1;
}
