/* The frozen fault reference. Stored baselines are ratios to this loop, so this file never changes
   again: a different loop is a new reference under another name. A test holds its hash. */
#include "chost_host.h"

__attribute__((noinline, aligned(64))) void chost_reference_touch(
    unsigned char *base, size_t pages) {
#pragma clang loop unroll(disable)
  for (size_t page = 0; page < pages; page++) {
    *(volatile unsigned char *)(base + page * 4096) = 1;
  }
}
