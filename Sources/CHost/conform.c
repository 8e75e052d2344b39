#define _GNU_SOURCE
#include "chost_conform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

int64_t chost_conform_set_hint(const char *path, uint32_t byte_count, int32_t for_copies) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  struct fsxattr attributes;
  int64_t result = 0;
  if (ioctl(descriptor, FS_IOC_FSGETXATTR, &attributes) < 0) {
    result = -errno;
  } else {
    uint32_t flag = for_copies ? FS_XFLAG_COWEXTSIZE : FS_XFLAG_EXTSIZE;
    *(for_copies ? &attributes.fsx_cowextsize : &attributes.fsx_extsize) = byte_count;
    attributes.fsx_xflags &= ~flag;
    if (byte_count) attributes.fsx_xflags |= flag;
    if (ioctl(descriptor, FS_IOC_FSSETXATTR, &attributes) < 0) result = -errno;
  }
  close(descriptor);
  return result;
}

int64_t chost_conform_hint(const char *path) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  struct fsxattr attributes;
  int64_t result = 0;
  if (ioctl(descriptor, FS_IOC_FSGETXATTR, &attributes) < 0) {
    result = -errno;
  } else if (attributes.fsx_xflags & FS_XFLAG_COWEXTSIZE) {
    result = attributes.fsx_cowextsize;
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

int64_t chost_conform_ids(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  return !!(status.st_mode & S_ISUID) + !!(status.st_mode & S_ISGID);
}

int64_t chost_conform_set_ids(const char *path) {
  if (chmod(path, S_ISUID | S_ISGID | 0755) < 0) return -errno;
  /* A bit for a group that is not the caller's is dropped without a word. */
  int64_t count = chost_conform_ids(path);
  return count < 0 ? count : count == 2 ? 0 : -EPERM;
}

/* Two words of 32 capabilities each, of the calling thread. */
static int64_t capabilities(long call, struct __user_cap_data_struct words[2]) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  return syscall(call, &header, words) < 0 ? -errno : 0;
}

int64_t chost_conform_capabilities(void) {
  struct __user_cap_data_struct words[2];
  int64_t code = capabilities(SYS_capget, words);
  return code < 0 ? code : (int64_t)words[1].effective << 32 | words[0].effective;
}

int64_t chost_conform_use_capabilities(int64_t set) {
  struct __user_cap_data_struct words[2];
  int64_t code = capabilities(SYS_capget, words);
  if (code < 0) return code;
  words[0].effective = (uint32_t)set;
  words[1].effective = (uint32_t)(set >> 32);
  return capabilities(SYS_capset, words);
}

int64_t chost_conform_time(const char *path, int32_t of_inode) {
  struct stat status;
  if (stat(path, &status) < 0) return -errno;
  struct timespec time = of_inode ? status.st_ctim : status.st_mtim;
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}
