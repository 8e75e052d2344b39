#define _GNU_SOURCE
#include "chost_livefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The headers of older systems lack these; the numbers are the kernel's ABI. */
#ifndef FALLOC_FL_UNSHARE_RANGE
#define FALLOC_FL_UNSHARE_RANGE 0x40
#endif
#ifndef MAP_SYNC
#define MAP_SYNC 0x80000
#endif
#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif
#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX 0x00200000
#endif
enum { STATX_MOUNT = 0x1000, STATX_DIRECT = 0x2000 };

/* A call that failed because a signal came did nothing, and is made again. */
#define REPEAT(call)                        \
  ({                                        \
    int64_t result_;                        \
    do {                                    \
      result_ = (int64_t)(call);            \
    } while (result_ < 0 && errno == EINTR); \
    result_ < 0 ? -(int64_t)errno : result_; \
  })

int64_t chost_live_open(const char *path, uint32_t mode) {
  int flags = O_CLOEXEC | O_NOCTTY;
  int reads = mode & CHOST_LIVE_READ, writes = mode & CHOST_LIVE_WRITE;
  flags |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (mode & CHOST_LIVE_CREATE) flags |= O_CREAT;
  if (mode & CHOST_LIVE_TRUNCATE) flags |= O_TRUNC;
  if (mode & CHOST_LIVE_DIRECT) flags |= O_DIRECT;
  if (mode & CHOST_LIVE_DATA_SYNC) flags |= O_DSYNC;
  if (mode & CHOST_LIVE_APPEND) flags |= O_APPEND;
  if (mode & CHOST_LIVE_EXCLUSIVE) flags |= O_CREAT | O_EXCL | O_NOFOLLOW;
  if (mode & CHOST_LIVE_UNNAMED) flags |= O_TMPFILE | O_EXCL;
  if (mode & CHOST_LIVE_FOLDER) flags |= O_DIRECTORY;
  return REPEAT(open(path, flags, 0600));
}

int64_t chost_live_read(int32_t descriptor, void *bytes, size_t byte_count, int64_t offset) {
  return REPEAT(pread(descriptor, bytes, byte_count, offset));
}

int64_t chost_live_write(
    int32_t descriptor, const void *bytes, size_t byte_count, int64_t offset) {
  return REPEAT(pwrite(descriptor, bytes, byte_count, offset));
}

int64_t chost_live_clone(int32_t target, int32_t source) {
  return REPEAT(ioctl(target, FICLONE, source));
}

int64_t chost_live_clone_range(
    int32_t target, int64_t target_offset, int32_t source, int64_t source_offset,
    int64_t byte_count) {
  struct file_clone_range range = {
      .src_fd = source,
      .src_offset = (uint64_t)source_offset,
      .src_length = (uint64_t)byte_count,
      .dest_offset = (uint64_t)target_offset,
  };
  return REPEAT(ioctl(target, FICLONERANGE, &range));
}

int64_t chost_live_dedupe(
    int32_t source, int64_t source_offset, int64_t byte_count, int32_t target,
    int64_t target_offset, chost_live_dedupe_result *result) {
  /* A flexible array of one element, which the compiler may not lay out behind the header. */
  union {
    struct file_dedupe_range range;
    char room[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)];
  } request;
  memset(&request, 0, sizeof request);
  request.range.src_offset = (uint64_t)source_offset;
  request.range.src_length = (uint64_t)byte_count;
  request.range.dest_count = 1;
  request.range.info[0].dest_fd = target;
  request.range.info[0].dest_offset = (uint64_t)target_offset;
  int64_t code = REPEAT(ioctl(source, FIDEDUPERANGE, &request.range));
  result->status = request.range.info[0].status;
  result->byte_count = (int64_t)request.range.info[0].bytes_deduped;
  return code;
}

int64_t chost_live_allocate(
    int32_t descriptor, int32_t way, int32_t keeps_size, int64_t offset, int64_t byte_count) {
  static const int ways[] = {
      [CHOST_LIVE_ALLOCATE] = 0,
      [CHOST_LIVE_ZERO] = FALLOC_FL_ZERO_RANGE,
      [CHOST_LIVE_PUNCH] = FALLOC_FL_PUNCH_HOLE,
      [CHOST_LIVE_UNSHARE] = FALLOC_FL_UNSHARE_RANGE,
  };
  if (way < 0 || way > CHOST_LIVE_UNSHARE) return -EINVAL;
  int mode = ways[way] | (keeps_size ? FALLOC_FL_KEEP_SIZE : 0);
  return REPEAT(fallocate(descriptor, mode, offset, byte_count));
}

int64_t chost_live_truncate(int32_t descriptor, int64_t byte_count) {
  return REPEAT(ftruncate(descriptor, byte_count));
}

int64_t chost_live_copy_range(
    int32_t source, int64_t source_offset, int32_t target, int64_t target_offset,
    size_t byte_count) {
  off_t from = source_offset, to = target_offset;
  return REPEAT(copy_file_range(source, &from, target, &to, byte_count, 0));
}

int64_t chost_live_sync(int32_t descriptor) { return REPEAT(fsync(descriptor)); }

int64_t chost_live_sync_filesystem(int32_t descriptor) { return REPEAT(syncfs(descriptor)); }

int64_t chost_live_extents(
    int32_t descriptor, uint64_t offset, int32_t flushes, chost_live_extent *extents,
    uint32_t capacity) {
  struct fiemap *map = calloc(1, sizeof *map + capacity * sizeof(struct fiemap_extent));
  if (!map) return -ENOMEM;
  map->fm_start = offset;
  map->fm_length = FIEMAP_MAX_OFFSET - offset;
  map->fm_flags = flushes ? FIEMAP_FLAG_SYNC : 0;
  map->fm_extent_count = capacity;
  int64_t code = REPEAT(ioctl(descriptor, FS_IOC_FIEMAP, map));
  if (code >= 0) {
    code = map->fm_mapped_extents;
    for (uint32_t i = 0; i < map->fm_mapped_extents; i++) {
      extents[i] = (chost_live_extent){
          .logical = map->fm_extents[i].fe_logical,
          .physical = map->fm_extents[i].fe_physical,
          .byte_count = map->fm_extents[i].fe_length,
          .flags = map->fm_extents[i].fe_flags,
      };
    }
  }
  free(map);
  return code;
}

int64_t chost_live_drop_cache(int32_t descriptor, int64_t offset, int64_t byte_count) {
  return -posix_fadvise(descriptor, offset, byte_count, POSIX_FADV_DONTNEED);
}

int64_t chost_live_read_singly(int32_t descriptor, int32_t is_single) {
  return -posix_fadvise(descriptor, 0, 0, is_single ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
}

int64_t chost_live_resident(int32_t descriptor, int64_t offset, size_t byte_count) {
  if (byte_count == 0) return 0;
  size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (byte_count + page - 1) / page;
  void *base = mmap(NULL, byte_count, PROT_READ, MAP_SHARED, descriptor, offset);
  if (base == MAP_FAILED) return -errno;
  unsigned char *present = malloc(pages);
  int64_t code = present ? REPEAT(mincore(base, byte_count, present)) : -ENOMEM;
  if (code == 0) {
    for (size_t i = 0; i < pages; i++) code += present[i] & 1;
    code *= (int64_t)page;
  }
  free(present);
  munmap(base, byte_count);
  return code;
}

void *chost_live_map(
    void *address, int32_t descriptor, int64_t offset, size_t byte_count, int32_t is_shared,
    int32_t is_synchronous, int32_t is_writable, int *error) {
  int flags = is_synchronous ? MAP_SHARED_VALIDATE | MAP_SYNC
              : is_shared    ? MAP_SHARED
                             : MAP_PRIVATE;
  if (address) flags |= MAP_FIXED;
  int access = PROT_READ | (is_writable ? PROT_WRITE : 0);
  void *base = mmap(address, byte_count, access, flags, descriptor, offset);
  *error = base == MAP_FAILED ? errno : 0;
  return base == MAP_FAILED ? NULL : base;
}

int64_t chost_live_sync_map(void *address, size_t byte_count) {
  return REPEAT(msync(address, byte_count, MS_SYNC));
}

/* The first 256 bytes of struct statx with the fields that came after Linux 5.8. */
union later_statx {
  struct statx now;
  struct {
    unsigned char before[144];
    uint64_t mount;
    uint32_t direct_memory, direct_offset;
    unsigned char after[96];
  } later;
};
_Static_assert(offsetof(union later_statx, later.mount) == 144, "kernel ABI");
_Static_assert(sizeof(struct statx) == 256 && sizeof(union later_statx) == 256, "kernel ABI");

static int64_t read_status(int folder, const char *path, int flags, chost_live_status *status) {
  union later_statx found;
  memset(&found, 0, sizeof found);
  unsigned mask = STATX_BASIC_STATS | STATX_BTIME | STATX_MOUNT | STATX_DIRECT;
  int64_t code = REPEAT(statx(folder, path, flags, mask, &found.now));
  if (code < 0) return code;
  *status = (chost_live_status){
      .byte_count = (int64_t)found.now.stx_size,
      .device = makedev(found.now.stx_dev_major, found.now.stx_dev_minor),
      .inode = found.now.stx_ino,
      .birth_ns = -1,
      .kind = found.now.stx_mode & S_IFMT,
      .mount = found.now.stx_mask & STATX_MOUNT ? (int64_t)found.later.mount : -1,
      .is_dax = -1,
  };
  if (found.now.stx_attributes_mask & STATX_ATTR_DAX) {
    status->is_dax = (found.now.stx_attributes & STATX_ATTR_DAX) != 0;
  }
  if (found.now.stx_mask & STATX_BTIME) {
    status->birth_ns = found.now.stx_btime.tv_sec * 1000000000 + found.now.stx_btime.tv_nsec;
  }
  if (found.now.stx_mask & STATX_DIRECT) status->direct_offset = found.later.direct_offset;
  return 0;
}

int64_t chost_live_stat(int32_t descriptor, chost_live_status *status) {
  return read_status(descriptor, "", AT_EMPTY_PATH, status);
}

int64_t chost_live_stat_path(const char *path, chost_live_status *status) {
  return read_status(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, status);
}

int64_t chost_live_lock(int32_t descriptor) {
  return REPEAT(flock(descriptor, LOCK_EX | LOCK_NB));
}
