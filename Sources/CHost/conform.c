#define _GNU_SOURCE
#include "chost_conform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char capability[] = "security.capability";

int64_t chost_conform_seek(const char *path, int64_t offset, int32_t seeks_data) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  int64_t found = lseek(descriptor, offset, seeks_data ? SEEK_DATA : SEEK_HOLE);
  int64_t result = found < 0 ? -(int64_t)errno : found;
  close(descriptor);
  return result;
}

int64_t chost_conform_hint(const char *path, uint32_t byte_count) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  struct fsxattr attributes;
  int64_t result = 0;
  if (ioctl(descriptor, FS_IOC_FSGETXATTR, &attributes) < 0) {
    result = -errno;
  } else {
    attributes.fsx_cowextsize = byte_count;
    attributes.fsx_xflags &= ~(uint32_t)FS_XFLAG_COWEXTSIZE;
    if (byte_count) attributes.fsx_xflags |= FS_XFLAG_COWEXTSIZE;
    if (ioctl(descriptor, FS_IOC_FSSETXATTR, &attributes) < 0) result = -errno;
  }
  close(descriptor);
  return result;
}

int64_t chost_conform_set_capability(const char *path) {
  /* Version 2, little endian: CAP_NET_RAW permitted. */
  static const unsigned char value[20] = {0, 0, 0, 2, 0, 0x20};
  return setxattr(path, capability, value, sizeof value, 0) < 0 ? -errno : 0;
}

int64_t chost_conform_has_capability(const char *path) {
  if (getxattr(path, capability, 0, 0) >= 0) return 1;
  return errno == ENODATA ? 0 : -errno;
}

int64_t chost_conform_modified(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  return status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
}
