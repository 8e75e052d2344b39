#define _GNU_SOURCE
#include "include/chost_guarded.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static struct sigaction previous_segv, previous_bus;

// Hands a fault that is not ours to whoever was there before.
static void chain(int signal, siginfo_t *info, void *context) {
  struct sigaction *previous = signal == SIGBUS ? &previous_bus : &previous_segv;
  if (previous->sa_flags & SA_SIGINFO) {
    previous->sa_sigaction(signal, info, context);
  } else if (previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN) {
    // A returning handler repeats the instruction, which then meets the default action. A signal
    // that somebody sent has no instruction to repeat.
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    if (info->si_code <= 0 && previous->sa_handler == SIG_IGN) return;
    sigaction(signal, &fallback, NULL);
    if (info->si_code <= 0) raise(signal);
  } else {
    previous->sa_handler(signal);
  }
}

#if defined(__x86_64__)

// rdi target, rsi source, rcx bytes left, throughout. Four words at a time, then one, then bytes;
// no string instruction, which is slow on CPUs without fast strings. A faulting load has copied
// nothing of its stride, so its landing pad goes on with the next smaller one from the same place:
// bytes stop exactly at the first unreadable one, where rcx is the residue.
__asm__(
    ".text\n"
    ".p2align 6\n"
    ".globl chost_guarded_copy\n"
    ".globl chost_guarded_4, chost_guarded_1, chost_guarded_byte, chost_guarded_end\n"
    ".hidden chost_guarded_4, chost_guarded_1, chost_guarded_byte, chost_guarded_end\n"
    ".type chost_guarded_copy, @function\n"
    "chost_guarded_copy:\n"
    "  .cfi_startproc\n"
    "  mov %rdx, %rcx\n"
    "  cmp $32, %rcx\n"
    "  jb chost_guarded_1\n"
    "chost_guarded_4:\n"
    "  mov (%rsi), %rax\n"
    "  mov 8(%rsi), %rdx\n"
    "  mov 16(%rsi), %r8\n"
    "  mov 24(%rsi), %r9\n"
    "  mov %rax, (%rdi)\n"
    "  mov %rdx, 8(%rdi)\n"
    "  mov %r8, 16(%rdi)\n"
    "  mov %r9, 24(%rdi)\n"
    "  add $32, %rsi\n"
    "  add $32, %rdi\n"
    "  sub $32, %rcx\n"
    "  cmp $32, %rcx\n"
    "  jae chost_guarded_4\n"
    "chost_guarded_1:\n"
    "  cmp $8, %rcx\n"
    "  jb chost_guarded_byte\n"
    "  mov (%rsi), %rax\n"
    "  mov %rax, (%rdi)\n"
    "  add $8, %rsi\n"
    "  add $8, %rdi\n"
    "  sub $8, %rcx\n"
    "  jmp chost_guarded_1\n"
    "chost_guarded_byte:\n"
    "  test %rcx, %rcx\n"
    "  jz chost_guarded_end\n"
    "  movb (%rsi), %al\n"
    "  movb %al, (%rdi)\n"
    "  inc %rsi\n"
    "  inc %rdi\n"
    "  dec %rcx\n"
    "  jmp chost_guarded_byte\n"
    "chost_guarded_end:\n"
    "  mov %rcx, %rax\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size chost_guarded_copy, .-chost_guarded_copy\n");

extern const char chost_guarded_4[], chost_guarded_1[], chost_guarded_byte[], chost_guarded_end[];

// The exception table: instructions from `start` up to `end` resume at `landing`.
static const struct {
  const char *start, *end, *landing;
} exceptions[] = {
    {chost_guarded_4, chost_guarded_1, chost_guarded_1},
    {chost_guarded_1, chost_guarded_byte, chost_guarded_byte},
    {chost_guarded_byte, chost_guarded_end, chost_guarded_end},
};

// Whether the fault lies in the source bytes still to be copied. A memory error is reported for a
// whole page, and then the source's page must be it.
static int in_source(const siginfo_t *info, uintptr_t source, uintptr_t left) {
  uintptr_t address = (uintptr_t)info->si_addr, granule = 1;
#if defined(BUS_MCEERR_AR)
  if (info->si_signo == SIGBUS && info->si_code == BUS_MCEERR_AR)
    granule = (uintptr_t)1 << info->si_addr_lsb;
#endif
  uintptr_t first = source & -granule;
  return address - first < source + left - first;
}

static void on_fault(int signal, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const char *at = (const char *)registers[REG_RIP];
  for (size_t row = 0; row < sizeof exceptions / sizeof *exceptions; row++) {
    if (at < exceptions[row].start || at >= exceptions[row].end) continue;
    if (!in_source(info, (uintptr_t)registers[REG_RSI], (uintptr_t)registers[REG_RCX])) break;
    registers[REG_RIP] = (greg_t)exceptions[row].landing;
    return;
  }
  chain(signal, info, context);
}

#else
#include <setjmp.h>

// Elsewhere a thread leaves the handler by a jump, to a byte index kept in memory.
static _Thread_local sigjmp_buf *landing;
static _Thread_local const volatile char *guarded_source;

static void on_fault(int signal, siginfo_t *info, void *context) {
  if (landing && info->si_addr == (void *)guarded_source) siglongjmp(*landing, 1);
  chain(signal, info, context);
}

size_t chost_guarded_copy(void *target, const void *source, size_t byte_count) {
  sigjmp_buf here;
  volatile size_t index = 0;
  if (sigsetjmp(here, 1) == 0) {
    landing = &here;
    for (; index < byte_count; index++) {
      guarded_source = (const char *)source + index;
      ((char *)target)[index] = *guarded_source;
    }
  }
  landing = NULL;
  return byte_count - index;
}

#endif

static int install_error;

static void install(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGSEGV, &action, &previous_segv) != 0 ||
      sigaction(SIGBUS, &action, &previous_bus) != 0)
    install_error = errno;
}

int chost_guarded_install(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
  return install_error;
}
