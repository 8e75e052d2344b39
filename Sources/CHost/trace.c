#include "chost_trace.h"

#include <errno.h>

#if defined(__x86_64__) && defined(__linux__)

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// --- The child ----------------------------------------------------------------------------------

// Loads the six argument registers, traps, and calls. The trap tells the tracer that the call comes
// next, the label behind the call that it is over; nothing else of the child is ever counted.
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".hidden chost_trace_enter, chost_trace_begin, chost_trace_returned\n"
    ".globl chost_trace_enter, chost_trace_begin, chost_trace_returned\n"
    ".type chost_trace_enter, @function\n"
    "chost_trace_enter:\n"
    "  push %rbp\n"
    "  mov %rsp, %rbp\n"
    "  mov %rdi, %r11\n"
    "  mov %rsi, %r10\n"
    "  mov (%r10), %rdi\n"
    "  mov 8(%r10), %rsi\n"
    "  mov 16(%r10), %rdx\n"
    "  mov 24(%r10), %rcx\n"
    "  mov 32(%r10), %r8\n"
    "  mov 40(%r10), %r9\n"
    "  xor %eax, %eax\n"
    "  int3\n"
    "chost_trace_begin:\n"
    "  call *%r11\n"
    "chost_trace_returned:\n"
    "  pop %rbp\n"
    "  ret\n"
    ".size chost_trace_enter, . - chost_trace_enter\n");

extern void chost_trace_enter(const void *function, const struct chost_trace_arguments *arguments);
extern const char chost_trace_begin[];
extern const char chost_trace_returned[];

/// Wall seconds for the unobserved first call; a routine needs microseconds.
enum { FIRST_CALL_SECONDS = 2 };

/// Never returns. Only async-signal-safe calls: the parent may have had threads that held locks.
static void run_child(
    const void *function, const struct chost_trace_arguments *arguments, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EOWNERDEAD);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGALRM);
  sigaddset(&awaited, SIGTRAP);
  sigprocmask(SIG_UNBLOCK, &awaited, NULL);
  if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(errno);
  raise(SIGSTOP);
  alarm(FIRST_CALL_SECONDS);
  chost_trace_enter(function, arguments);
  alarm(0);
  chost_trace_enter(function, arguments);
  _exit(0);
}

// --- The tracer ---------------------------------------------------------------------------------

struct tracer {
  pid_t child;
  struct chost_trace_result result;
};

/// Records how the trace ended; always false, so that a step can end with it.
static bool end(struct tracer *tracer, enum chost_trace_outcome outcome, int detail) {
  tracer->result.outcome = outcome;
  tracer->result.detail = detail;
  return false;
}

static bool wait_for_change(struct tracer *tracer, int *status) {
  while (waitpid(tracer->child, status, __WALL) < 0) {
    if (errno != EINTR) return end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
  }
  return true;
}

static bool is_fault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
         signal == SIGSYS || signal == SIGABRT;
}

/// Resumes the child until it traps. Signals sent from outside are the parent's business: dropped.
static bool resume_until_trap(struct tracer *tracer, enum __ptrace_request how) {
  for (;;) {
    int status;
    if (ptrace(how, tracer->child, NULL, NULL) != 0) {
      return end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
    }
    if (!wait_for_change(tracer, &status)) return false;
    if (WIFEXITED(status)) return end(tracer, CHOST_TRACE_SIGNAL, 0);
    if (WIFSIGNALED(status)) return end(tracer, CHOST_TRACE_SIGNAL, WTERMSIG(status));
    int signal = WSTOPSIG(status);
    if (signal == SIGTRAP) return true;
    if (is_fault(signal)) return end(tracer, CHOST_TRACE_SIGNAL, signal);
    if (signal == SIGALRM) return end(tracer, CHOST_TRACE_STUCK, FIRST_CALL_SECONDS);
  }
}

static bool read_user(struct tracer *tracer, size_t offset, uintptr_t *value) {
  errno = 0;
  *value = (uintptr_t)ptrace(PTRACE_PEEKUSER, tracer->child, (void *)offset, NULL);
  return errno == 0 || end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
}

static bool read_address(struct tracer *tracer, uintptr_t *address) {
  return read_user(tracer, offsetof(struct user_regs_struct, rip), address);
}

static bool read_text(struct tracer *tracer, uintptr_t address, uint64_t *word) {
  errno = 0;
  *word = (uint64_t)ptrace(PTRACE_PEEKTEXT, tracer->child, (void *)address, NULL);
  return errno == 0;
}

static bool write_text(struct tracer *tracer, uintptr_t address, uint64_t word) {
  return ptrace(PTRACE_POKETEXT, tracer->child, (void *)address, (void *)word) == 0 ||
         end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
}

/// Decoded addresses, direct-mapped: a loop's instructions are read and decoded once.
struct decoded {
  uintptr_t address;
  struct chost_trace_effect effect;
};
enum { DECODED_COUNT = 1024 };

static struct chost_trace_effect effect_at(
    struct tracer *tracer, struct decoded *decoded, uintptr_t address) {
  struct decoded *slot = &decoded[address % DECODED_COUNT];
  if (slot->address == address) return slot->effect;
  // Aligned words never straddle the end of a mapping; what lies beyond it stays zero.
  _Static_assert(7 + CHOST_TRACE_DECODE_BYTES <= 32, "four words hold any instruction");
  union {
    uint64_t words[4];
    uint8_t bytes[32];
  } text = {{0}};
  uintptr_t base = address & ~(uintptr_t)7;
  for (int i = 0; i < 4; i++) {
    if (!read_text(tracer, base + 8 * (uintptr_t)i, &text.words[i])) {
      text.words[i] = 0;
      break;
    }
  }
  *slot = (struct decoded){address, chost_trace_decode(text.bytes + (address - base))};
  return slot->effect;
}

/// Runs a repeated string instruction to its end: under the trap flag it would trap per iteration.
static bool finish_repetition(struct tracer *tracer, uintptr_t next) {
  uintptr_t base = next & ~(uintptr_t)7;
  unsigned shift = 8 * (unsigned)(next - base);
  uint64_t word;
  if (!read_text(tracer, base, &word)) return end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
  uint64_t trap = (word & ~((uint64_t)0xFF << shift)) | (uint64_t)0xCC << shift;
  if (!write_text(tracer, base, trap)) return false;
  if (!resume_until_trap(tracer, PTRACE_CONT)) return false;
  if (!write_text(tracer, base, word)) return false;
  void *place = (void *)offsetof(struct user_regs_struct, rip);
  return ptrace(PTRACE_POKEUSER, tracer->child, place, (void *)next) == 0 ||
         end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
}

/// Takes the child from its first stop to the call instruction of the observed call.
static bool reach_observed_call(struct tracer *tracer) {
  int status;
  if (!wait_for_change(tracer, &status)) return false;
  if (WIFEXITED(status)) return end(tracer, CHOST_TRACE_UNAVAILABLE, WEXITSTATUS(status));
  if (!WIFSTOPPED(status)) return end(tracer, CHOST_TRACE_UNAVAILABLE, ECHILD);
  if (ptrace(PTRACE_SETOPTIONS, tracer->child, NULL, (void *)PTRACE_O_EXITKILL) != 0) {
    return end(tracer, CHOST_TRACE_UNAVAILABLE, errno);
  }
  for (int call = 0; call < 2; call++) {
    uintptr_t address;
    if (!resume_until_trap(tracer, PTRACE_CONT) || !read_address(tracer, &address)) return false;
    if (address != (uintptr_t)chost_trace_begin) {
      return end(tracer, CHOST_TRACE_SIGNAL, SIGTRAP);
    }
  }
  return true;
}

/// Steps from the call instruction to the instruction behind it.
static void count_steps(struct tracer *tracer, uint64_t step_limit) {
  struct decoded decoded[DECODED_COUNT] = {0};
  struct chost_trace_counts counts = {0};
  uintptr_t address = (uintptr_t)chost_trace_begin;
  while (address != (uintptr_t)chost_trace_returned) {
    // The call and the last return are not the routine's.
    if (counts.instructions >= 2 && counts.instructions - 2 >= step_limit) {
      end(tracer, CHOST_TRACE_LIMIT, 0);
      return;
    }
    struct chost_trace_effect effect = effect_at(tracer, decoded, address);
    if (effect.repeat_length != 0) {
      address += effect.repeat_length;
      if (!finish_repetition(tracer, address)) return;
    } else if (!resume_until_trap(tracer, PTRACE_SINGLESTEP) || !read_address(tracer, &address)) {
      return;
    }
    counts.instructions += 1;
    counts.lines_written_back += effect.writes_back;
    counts.fences += effect.fences;
    counts.non_temporal_bytes += effect.non_temporal_bytes;
  }
  counts.instructions -= 2;
  tracer->result.counts = counts;
}

struct chost_trace_result chost_trace_call(
    const void *function, struct chost_trace_arguments arguments, uint64_t step_limit) {
  struct tracer tracer = {0};
  pid_t parent = getpid();
  tracer.child = fork();
  if (tracer.child == 0) run_child(function, &arguments, parent);
  if (tracer.child < 0) {
    end(&tracer, CHOST_TRACE_UNAVAILABLE, errno);
    return tracer.result;
  }
  if (reach_observed_call(&tracer)) count_steps(&tracer, step_limit);
  // Until it is reaped nobody else can have its number: this kill hits the child or no one.
  kill(tracer.child, SIGKILL);
  while (waitpid(tracer.child, NULL, __WALL) < 0 && errno == EINTR) {}
  return tracer.result;
}

#else

struct chost_trace_result chost_trace_call(
    const void *function, struct chost_trace_arguments arguments, uint64_t step_limit) {
  (void)function, (void)arguments, (void)step_limit;
  return (struct chost_trace_result){.outcome = CHOST_TRACE_UNAVAILABLE, .detail = ENOSYS};
}

#endif
