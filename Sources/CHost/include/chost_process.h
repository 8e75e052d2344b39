// Worker processes and shared descriptors: GNU calls that Glibc's Swift overlay does not show
// (pipe2, memfd_create), and siginfo_t, whose nested unions Swift spells badly.
#pragma once

#include <stdint.h>

/// Starts `executable` with the arguments (NULL-terminated) and two fresh pipes as its standard
/// input and output; `inherited` becomes its descriptor 3 when not negative. All other descriptors
/// of ours close on exec. Returns 0, or an errno value with nothing left open.
int chost_spawn(
    const char *_Nonnull executable, char *_Nullable const *_Nonnull arguments, int inherited,
    int32_t *_Nonnull process, int *_Nonnull to_child, int *_Nonnull from_child);

/// Whether programs that this thread starts from now on have the same addresses in every start: the
/// kernel then leaves out randomising their layout. Returns what held before, 0 or 1; or -1 where
/// the kernel refuses, as in many a container, and nothing changes. (personality is not in the
/// Glibc overlay.)
int chost_fix_layout(int fixed);

/// Waits up to `timeout_ms` for the process to end without collecting it. Returns 1 when it ended
/// (exit code, or the signal with `*by_signal` = 1), 0 when it still runs.
int chost_ended(
    int32_t process, int timeout_ms, int *_Nonnull by_signal, int *_Nonnull code);

/// An anonymous shared file that closes on exec. Returns its descriptor, or -errno.
int chost_memfd(const char *_Nonnull name);

/// Columns of the terminal on standard output, or 0. (TIOCGWINSZ is a macro Swift cannot see.)
int chost_terminal_columns(void);

/// Has the kernel kill the calling process when the thread that started it ends, and so never
/// outlives it, even in a loop. (prctl takes variadic arguments.)
void chost_die_with_parent(void);
