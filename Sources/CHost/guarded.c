#define _GNU_SOURCE
#include "include/chost_guarded.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "trap_private.h"

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

static void on_fault(int signal, siginfo_t *info, void *context);

void chost_die_of_bus(void) {
  struct sigaction fallback = {.sa_handler = SIG_DFL};
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGBUS);
  sigaction(SIGBUS, &fallback, NULL);
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  raise(SIGBUS);
}

// Gives the SIGBUS of a trapped access to the handler that a SIGBUS of the kernel would meet. One
// that returns has the access repeated.
static void raise_bus(const siginfo_t *info, void *context) {
  struct sigaction current;
  siginfo_t bus = *info;
  bus.si_signo = SIGBUS;
  bus.si_code = BUS_ADRERR;
  sigaction(SIGBUS, NULL, &current);
  if (current.sa_sigaction == on_fault) current = previous_bus;
  if (current.sa_flags & SA_SIGINFO) {
    current.sa_sigaction(SIGBUS, &bus, context);
  } else if (current.sa_handler == SIG_DFL || current.sa_handler == SIG_IGN) {
    chost_die_of_bus();
  } else {
    current.sa_handler(SIGBUS);
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

// rdi is the address. What follows an access's landing pad is its failure.
__asm__(
    ".text\n"
    ".globl chost_guarded_load, chost_guarded_store, chost_load_end, chost_store_end\n"
    ".hidden chost_load_end, chost_store_end\n"
    ".type chost_guarded_load, @function\n"
    ".type chost_guarded_store, @function\n"
    "chost_guarded_load:\n"
    "  .cfi_startproc\n"
    "  movzbl (%rdi), %eax\n"
    "  ret\n"
    "chost_load_end:\n"
    "  mov $-1, %eax\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size chost_guarded_load, .-chost_guarded_load\n"
    "chost_guarded_store:\n"
    "  .cfi_startproc\n"
    "  movb %sil, (%rdi)\n"
    "  mov $1, %eax\n"
    "  ret\n"
    "chost_store_end:\n"
    "  xor %eax, %eax\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size chost_guarded_store, .-chost_guarded_store\n");

extern const char chost_guarded_4[], chost_guarded_1[], chost_guarded_byte[], chost_guarded_end[];
extern const char chost_load_end[], chost_store_end[];

// The exception table: instructions from `start` up to `end` resume at `landing`. They access the
// rcx bytes from rsi on, or one byte at rdi.
static const struct {
  const char *start, *end, *landing;
  int is_byte;
} exceptions[] = {
    {chost_guarded_4, chost_guarded_1, chost_guarded_1, 0},
    {chost_guarded_1, chost_guarded_byte, chost_guarded_byte, 0},
    {chost_guarded_byte, chost_guarded_end, chost_guarded_end, 0},
    {(const char *)chost_guarded_load, chost_load_end, chost_load_end, 1},
    {(const char *)chost_guarded_store, chost_store_end, chost_store_end, 1},
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

static int land(const siginfo_t *info, greg_t *registers) {
  const char *at = (const char *)registers[REG_RIP];
  for (size_t row = 0; row < sizeof exceptions / sizeof *exceptions; row++) {
    if (at < exceptions[row].start || at >= exceptions[row].end) continue;
    int is_byte = exceptions[row].is_byte;
    uintptr_t first = (uintptr_t)registers[is_byte ? REG_RDI : REG_RSI];
    if (!in_source(info, first, is_byte ? 1 : (uintptr_t)registers[REG_RCX])) return 0;
    registers[REG_RIP] = (greg_t)exceptions[row].landing;
    return 1;
  }
  return 0;
}

// Trap ranges come first: a guarded access goes on where the page can be had.
static void on_fault(int signal, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  enum trap_outcome outcome = TRAP_ELSEWHERE;
  if (signal == SIGSEGV) {
    int error = errno;
    // Bit 1 of the page-fault error code: the access was a write.
    outcome = chost_trap_fault(info, registers[REG_ERR] >> 1 & 1);
    errno = error;
  }
  if (outcome == TRAP_REPEAT || land(info, registers)) return;
  if (outcome == TRAP_BUS) {
    raise_bus(info, context);
  } else {
    chain(signal, info, context);
  }
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

int32_t chost_guarded_load(const void *address) {
  uint8_t byte;
  return chost_guarded_copy(&byte, address, 1) ? -1 : byte;
}

bool chost_guarded_store(void *address, uint8_t value) {
  sigjmp_buf here;
  if (sigsetjmp(here, 1)) {
    landing = NULL;
    return false;
  }
  guarded_source = address;
  landing = &here;
  *(volatile uint8_t *)address = value;
  landing = NULL;
  return true;
}

#endif

static int install_error;

static void install(void) {
  // A handler of a trap range may trap in another one, in this thread.
  int flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = flags};
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

static int traps_error;

// Handlers of trap ranges run in the thread's own stack: an alternate one may be a few KiB. Whoever
// took the signal over after us is left in place.
static void install_for_traps(void) {
  struct sigaction current;
  traps_error = chost_guarded_install();
  if (traps_error) return;
  if (sigaction(SIGSEGV, NULL, &current) != 0) {
    traps_error = errno;
  } else if (current.sa_sigaction == on_fault) {
    current.sa_flags &= ~SA_ONSTACK;
    if (sigaction(SIGSEGV, &current, NULL) != 0) traps_error = errno;
  }
}

int chost_guarded_install_for_traps(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install_for_traps);
  return traps_error;
}
