/* What conformance asks of a file besides its bytes. Swift cannot see these: ioctl numbers are
   macros, SEEK_HOLE hides behind _GNU_SOURCE.
   Every function gives a result that is not negative, or -errno. */
#pragma once

#include <stdint.h>

#pragma clang assume_nonnull begin

/* The next byte of data, or of a hole, from an offset on. */
int64_t chost_conform_seek(const char *path, int64_t offset, int32_t seeks_data);

/* Sets the extent size hint for copy-on-write, in bytes. */
int64_t chost_conform_hint(const char *path, uint32_t byte_count);

/* Gives a file a capability, and asks whether it has any. */
int64_t chost_conform_set_capability(const char *path);
int64_t chost_conform_has_capability(const char *path);

/* Nanoseconds since 1970 of the last change of data. */
int64_t chost_conform_modified(const char *path);

#pragma clang assume_nonnull end
