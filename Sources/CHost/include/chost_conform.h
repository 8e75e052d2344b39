/* What conformance asks of a file besides its bytes. Swift cannot see these: ioctl numbers are
   macros, SEEK_HOLE hides behind _GNU_SOURCE.
   Every function gives a result that is not negative, or -errno. */
#pragma once

#include <stdint.h>

#pragma clang assume_nonnull begin

/* The next byte of data, or of a hole, from an offset on. */
int64_t chost_conform_seek(const char *path, int64_t offset, int32_t seeks_data);

/* Sets the hint for the size of extents, or of those for copy-on-write, in bytes. */
int64_t chost_conform_set_hint(const char *path, uint32_t byte_count, int32_t for_copies);

/* The hint for copy-on-write in bytes, or 0. */
int64_t chost_conform_hint(const char *path);

/* Gives a file a capability, and asks whether it has any. */
int64_t chost_conform_set_capability(const char *path);
int64_t chost_conform_has_capability(const char *path);

/* Gives a file the set-user-ID and set-group-ID bits, and asks how many of the two it has. */
int64_t chost_conform_set_ids(const char *path);
int64_t chost_conform_ids(const char *path);

/* The capabilities that are in force for the calling thread, as bits; and others, of those that
   it may have. */
int64_t chost_conform_capabilities(void);
int64_t chost_conform_use_capabilities(int64_t set);

/* Nanoseconds since 1970 of the last change of data, or of the inode. */
int64_t chost_conform_time(const char *path, int32_t of_inode);

#pragma clang assume_nonnull end
