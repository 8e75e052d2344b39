#define _GNU_SOURCE
#include "chost_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int chost_spawn(
    const char *executable, char *const *arguments, int inherited, int32_t *process, int *to_child,
    int *from_child) {
  int input[2];
  int output[2];
  if (pipe2(input, O_CLOEXEC) != 0) return errno;
  if (pipe2(output, O_CLOEXEC) != 0) {
    int error = errno;
    close(input[0]);
    close(input[1]);
    return error;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  if (inherited >= 0) posix_spawn_file_actions_adddup2(&actions, inherited, 3);
  // A group of its own: Ctrl-C goes to the foreground group, and is the caller's to answer.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  int error = posix_spawn(process, executable, &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  if (error != 0) {
    close(input[1]);
    close(output[0]);
    return error;
  }
  *to_child = input[1];
  *from_child = output[0];
  return 0;
}

int chost_fix_layout(int fixed) {
  int before = personality(0xffffffff);
  if (before < 0) return -1;
  int wanted = fixed ? before | ADDR_NO_RANDOMIZE : before & ~ADDR_NO_RANDOMIZE;
  // A container may allow the question and refuse what it is asked for.
  if (wanted != before && personality((unsigned long)wanted) < 0) return -1;
  return (before & ADDR_NO_RANDOMIZE) != 0;
}

int chost_ended(int32_t process, int timeout_ms, int *by_signal, int *code) {
  for (int waited = 0;; waited += 5) {
    siginfo_t information = {0};
    int result = waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT);
    if (result == 0 && information.si_pid != 0) {
      *by_signal = information.si_code != CLD_EXITED;
      *code = information.si_status;
      return 1;
    }
    if ((result != 0 && errno != EINTR) || waited >= timeout_ms) return 0;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
  }
}

int chost_memfd(const char *name) {
  int descriptor = memfd_create(name, MFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int chost_terminal_columns(void) {
  struct winsize size;
  return ioctl(1, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void chost_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }
