#define _GNU_SOURCE
#include "chost_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int64_t chost_loop_attach(int32_t image, const char *image_name, int32_t *device) {
  struct loop_config config;
  memset(&config, 0, sizeof config);
  config.fd = (uint32_t)image;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", image_name);
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) return -errno;
  int64_t result = -EBUSY;
  /* Another process may take the free device first; then there is another free one. */
  for (int attempt = 0; attempt < 64 && result == -EBUSY; attempt++) {
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) {
      result = -errno;
      break;
    }
    char name[32];
    snprintf(name, sizeof name, "/dev/loop%d", number);
    int loop = open(name, O_RDWR | O_CLOEXEC);
    if (loop < 0) {
      result = -errno;
      break;
    }
    if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) {
      *device = loop;
      result = number;
    } else {
      result = -errno;
      close(loop);
    }
  }
  close(control);
  return result;
}

static int open_loop(int32_t number) {
  char name[32];
  snprintf(name, sizeof name, "/dev/loop%d", number);
  return open(name, O_RDONLY | O_CLOEXEC);
}

static int backs(int loop, uint64_t device, uint64_t inode) {
  struct loop_info64 info;
  if (ioctl(loop, LOOP_GET_STATUS64, &info)) return 0;
  return info.lo_device == device && info.lo_inode == inode;
}

int64_t chost_loop_backs(int32_t number, uint64_t device, uint64_t inode) {
  int loop = open_loop(number);
  if (loop < 0) return -errno;
  int result = backs(loop, device, inode);
  close(loop);
  return result;
}

int64_t chost_loop_detach(int32_t number, uint64_t device, uint64_t inode) {
  int loop = open_loop(number);
  if (loop < 0) return -errno;
  /* While it is open here it does not detach itself and become another's. */
  int64_t result = -ENODEV;
  if (backs(loop, device, inode)) result = ioctl(loop, LOOP_CLR_FD) ? -errno : 0;
  close(loop);
  return result;
}

int64_t chost_mount(const char *source, const char *target, const char *type) {
  return mount(source, target, type, MS_NOATIME, NULL) ? -errno : 0;
}

int64_t chost_unmount(const char *target) {
  return umount2(target, UMOUNT_NOFOLLOW) ? -errno : 0;
}

static _Noreturn void become(const char *path, char *const *arguments, int output, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127); /* it died before the line above */
  int input = open("/dev/null", O_RDONLY);
  if (input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(127);
  /* Nobody's pipe or lock may live on in a child. */
  close_range(3, ~0U, 0);
  execv(path, arguments);
  _exit(127);
}

int64_t chost_run(const char *path, char *const *arguments, char *text, size_t capacity) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return -errno;
  pid_t parent = getpid(), child = fork();
  if (child == 0) become(path, arguments, ends[1], parent);
  int error = errno;
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return -error;
  }
  size_t length = 0;
  char chunk[512];
  for (;;) {
    ssize_t count = read(ends[0], chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size_t kept = (size_t)count < capacity - 1 - length ? (size_t)count : capacity - 1 - length;
    memcpy(text + length, chunk, kept);
    length += kept;
  }
  text[length] = 0;
  close(ends[0]);
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
