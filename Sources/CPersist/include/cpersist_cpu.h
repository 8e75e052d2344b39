/// What this CPU can do, as one set of bits.
#pragma once

#include <stdint.h>

/// One instruction-set feature a routine may need.
enum cpersist_feature {
  cpersist_has_sse2 = 1 << 0,
  cpersist_has_movnti = 1 << 1,
  cpersist_has_avx2 = 1 << 2,
  cpersist_has_avx512f = 1 << 3,
  cpersist_has_avx512bw = 1 << 4,
  cpersist_has_erms = 1 << 5,
  cpersist_has_fsrm = 1 << 6,
  cpersist_has_clflush = 1 << 7,
  cpersist_has_clflushopt = 1 << 8,
  cpersist_has_clwb = 1 << 9,
  cpersist_has_cvac = 1 << 10,
  cpersist_has_cvap = 1 << 11,
  /// Not detectable from user space: set only when somebody declares the caches persistent.
  cpersist_has_eadr = 1 << 12,
};

/// The features of this CPU that the operating system lets programs use (CPUID and XGETBV on
/// x86-64, the auxiliary vector on aarch64).
uint32_t cpersist_detect(void);
