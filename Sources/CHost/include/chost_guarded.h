/// A copy that survives a fault in its source, which Swift cannot spell: the signal handler must
/// know the copy's instructions by address.
#pragma once

#include <stddef.h>

/// Installs the SIGSEGV and SIGBUS handlers behind `chost_guarded_copy`, once; later calls and
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
