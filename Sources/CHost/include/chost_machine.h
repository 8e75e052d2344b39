#pragma once

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/// Writes the hypervisor's 12-byte signature, "" on bare metal; 0 if this CPU cannot tell.
///
/// Exists because cpuid is an instruction and no file names every hypervisor.
static inline int chost_hypervisor_signature(char signature[_Nonnull 13]) {
  memset(signature, 0, 13);
#if defined(__x86_64__)
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return 0;
  if (!(ecx >> 31 & 1)) return 1;
  __cpuid(0x40000000, eax, ebx, ecx, edx);
  memcpy(signature, &ebx, 4);
  memcpy(signature + 4, &ecx, 4);
  memcpy(signature + 8, &edx, 4);
  return 1;
#else
  return 0;
#endif
}

/// The environment of this process. Exists because Swift refuses the mutable global `environ`.
static inline char *_Nullable *_Nonnull chost_environment(void) {
  extern char *_Nullable *_Nonnull environ;
  return environ;
}
