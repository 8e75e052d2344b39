#include "include/cpersist_cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>

// The operating system must save a register file before programs may use it: XCR0 bits 1-2 for
// ymm, 5-7 for zmm and masks. The instruction by name, so that no target flag is needed.
static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

uint32_t cpersist_detect(void) {
  uint32_t a, b, c, d, found = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  // SSE2 brought movnti; both are part of x86-64 but cost nothing to ask.
  if (d >> 26 & 1) found |= cpersist_has_sse2 | cpersist_has_movnti;
  if (d >> 19 & 1) found |= cpersist_has_clflush;
  uint64_t saved = c >> 27 & 1 ? saved_state() : 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return found;
  if (b >> 5 & 1 && (saved & 0x06) == 0x06) found |= cpersist_has_avx2;
  if (b >> 16 & 1 && (saved & 0xe6) == 0xe6) found |= cpersist_has_avx512f;
  if (b >> 30 & 1 && found & cpersist_has_avx512f) found |= cpersist_has_avx512bw;
  if (b >> 9 & 1) found |= cpersist_has_erms;
  if (d >> 4 & 1) found |= cpersist_has_fsrm;
  if (b >> 23 & 1) found |= cpersist_has_clflushopt;
  if (b >> 24 & 1) found |= cpersist_has_clwb;
  return found;
}

#elif defined(__aarch64__)
#include <sys/auxv.h>

// HWCAP_DCPOP: clean to the point of persistence from user space. Cleaning to the point of
// coherency is allowed on every Linux.
uint32_t cpersist_detect(void) {
  return cpersist_has_cvac | (getauxval(AT_HWCAP) >> 16 & 1 ? cpersist_has_cvap : 0);
}

#else
uint32_t cpersist_detect(void) { return 0; }
#endif
