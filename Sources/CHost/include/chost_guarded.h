/// Accesses that survive a fault, which Swift cannot spell: the signal handler must
/// know their instructions by address.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Installs the SIGSEGV and SIGBUS handlers behind the guarded accesses, once; later calls and
/// concurrent ones do nothing. Faults elsewhere go to the handlers found at installation.
///
/// @returns 0, or the errno of sigaction.
int chost_guarded_install(void);

/// Copies `byte_count` bytes and returns how many were NOT copied: 0, or the bytes from the first
/// unreadable source byte on. Bytes before it have arrived. A fault in the target is not survived.
///
/// The ranges do not overlap; `chost_guarded_install` has returned 0. Any number of threads.
size_t chost_guarded_copy(
    void *_Nonnull target, const void *_Nonnull source, size_t byte_count);

/// Loads one byte; -1 after a fault that nobody resolves. `chost_guarded_install` has returned 0.
int32_t chost_guarded_load(const void *_Nonnull address);

/// Stores one byte; false after a fault that nobody resolves. `chost_guarded_install` has
/// returned 0.
bool chost_guarded_store(void *_Nonnull address, uint8_t value);
