/* The frozen reference of calls on files. Stored ratios refer to this loop, so this file never
   changes again: a different loop is a new reference under another name. A test holds its hash. */
#include "chost_host.h"

#include <unistd.h>

__attribute__((noinline, aligned(64))) size_t chost_reference_read(
    int descriptor, unsigned char *room, size_t calls) {
  size_t bytes = 0;
#pragma clang loop unroll(disable)
  for (size_t call = 0; call < calls; call++) {
    ssize_t count = pread(descriptor, room, 4096, (off_t)((call & 15) * 4096));
    if (count > 0) bytes += (size_t)count;
  }
  return bytes;
}
