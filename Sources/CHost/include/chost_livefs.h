/* The file calls of the live engine. Swift cannot see them: ioctl numbers are function-like macros,
   and fallocate, copy_file_range, statx and O_DIRECT hide behind _GNU_SOURCE.
   Every function returning int64_t gives a result that is not negative, or -errno. Calls that a
   signal interrupts before they did anything are repeated. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/* How a file is opened. */
enum {
  CHOST_LIVE_READ = 1 << 0,
  CHOST_LIVE_WRITE = 1 << 1,
  CHOST_LIVE_CREATE = 1 << 2,
  CHOST_LIVE_TRUNCATE = 1 << 3,
  CHOST_LIVE_DIRECT = 1 << 4,
  CHOST_LIVE_DATA_SYNC = 1 << 5,
  CHOST_LIVE_APPEND = 1 << 6,
  CHOST_LIVE_EXCLUSIVE = 1 << 7, /* fails when the name exists; a link is not followed */
  CHOST_LIVE_UNNAMED = 1 << 8,   /* the path is a folder; the file has no name and never gets one */
  CHOST_LIVE_FOLDER = 1 << 9,    /* the path must be a folder */
};

/* Opens a file that closes on exec; gives its descriptor. */
int64_t chost_live_open(const char *path, uint32_t mode);

/* At most so many bytes at an offset; fewer at the end of the file or when interrupted. */
int64_t chost_live_read(int32_t descriptor, void *bytes, size_t byte_count, int64_t offset);
int64_t chost_live_write(int32_t descriptor, const void *bytes, size_t byte_count, int64_t offset);

int64_t chost_live_clone(int32_t target, int32_t source);

/* `byte_count` 0 means: to the end of the source. */
int64_t chost_live_clone_range(
    int32_t target, int64_t target_offset, int32_t source, int64_t source_offset,
    int64_t byte_count);

/* What one dedupe request answered: 0 the same, 1 bytes differ, or -errno of this target. */
typedef struct chost_live_dedupe_result {
  int32_t status;
  int64_t byte_count;
} chost_live_dedupe_result;

int64_t chost_live_dedupe(
    int32_t source, int64_t source_offset, int64_t byte_count, int32_t target,
    int64_t target_offset, chost_live_dedupe_result *result);

/* Ways of fallocate. */
enum {
  CHOST_LIVE_ALLOCATE = 0,
  CHOST_LIVE_ZERO = 1,
  CHOST_LIVE_PUNCH = 2,
  CHOST_LIVE_UNSHARE = 3,
};

int64_t chost_live_allocate(
    int32_t descriptor, int32_t way, int32_t keeps_size, int64_t offset, int64_t byte_count);

int64_t chost_live_truncate(int32_t descriptor, int64_t byte_count);

int64_t chost_live_copy_range(
    int32_t source, int64_t source_offset, int32_t target, int64_t target_offset,
    size_t byte_count);

int64_t chost_live_sync(int32_t descriptor);

/* Everything dirty of the filesystem that holds the file. */
int64_t chost_live_sync_filesystem(int32_t descriptor);

/* One extent as FIEMAP tells it; the flags are FIEMAP_EXTENT_ of linux/fiemap.h. */
typedef struct chost_live_extent {
  uint64_t logical;
  uint64_t physical;
  uint64_t byte_count;
  uint32_t flags;
} chost_live_extent;

/* Extents from an offset on, up to `capacity`; gives how many. Writes dirty pages out first when
   `flushes`, so that delayed allocations have an address. */
int64_t chost_live_extents(
    int32_t descriptor, uint64_t offset, int32_t flushes, chost_live_extent *extents,
    uint32_t capacity);

/* Drops clean pages of the cache. */
int64_t chost_live_drop_cache(int32_t descriptor, int64_t offset, int64_t byte_count);

/* Whether reads bring in single pages instead of what lies around them. */
int64_t chost_live_read_singly(int32_t descriptor, int32_t is_single);

/* Bytes of the range that are in the page cache, in whole pages; the kernel calls every page of a
   file present that the caller could not write. The offset lies on a page boundary. */
int64_t chost_live_resident(int32_t descriptor, int64_t offset, size_t byte_count);

/* Maps a file range readable and, if asked, writable; `*error` is 0, or the errno value.
   `address` is a reserved place to replace, or NULL. */
void *_Nullable chost_live_map(
    void *_Nullable address, int32_t descriptor, int64_t offset, size_t byte_count,
    int32_t is_shared, int32_t is_synchronous, int32_t is_writable, int *error);

int64_t chost_live_sync_map(void *address, size_t byte_count);

/* What statx says of an open file. */
typedef struct chost_live_status {
  int64_t byte_count;
  uint64_t device;
  uint64_t inode;
  int64_t birth_ns;          /* when it was made, since 1970, or -1 when untold */
  uint32_t kind;             /* S_IF bits */
  int64_t mount;             /* field 1 of /proc/self/mountinfo, or -1 before Linux 5.8 */
  int32_t is_dax;            /* 1 or 0, or -1 when the filesystem does not tell */
  uint32_t direct_offset;    /* alignment of offsets for direct I/O, 0 when untold */
} chost_live_status;

int64_t chost_live_stat(int32_t descriptor, chost_live_status *status);

/* The same of a path, without following a link at its end. */
int64_t chost_live_stat_path(const char *path, chost_live_status *status);

/* An exclusive advisory lock that goes with the descriptor; -EWOULDBLOCK when another has it. */
int64_t chost_live_lock(int32_t descriptor);

#pragma clang assume_nonnull end
