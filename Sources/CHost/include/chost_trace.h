#pragma once

#include <stdbool.h>
#include <stdint.h>

/// What the instructions of one call did. Counted, not estimated.
struct chost_trace_counts {
  /// Instructions executed; a repeated string instruction is one.
  uint64_t instructions;
  /// clwb, clflushopt and clflush executed.
  uint64_t lines_written_back;
  /// sfence and mfence executed. Locked instructions and lfence are not store fences.
  uint64_t fences;
  /// Bytes of the operands of non-temporal and direct stores.
  uint64_t non_temporal_bytes;
};

/// How a trace ended. `detail` of the result belongs to it.
enum chost_trace_outcome {
  /// The call returned. Only then are the counts valid.
  CHOST_TRACE_COMPLETE = 0,
  /// The step limit was reached; detail is 0.
  CHOST_TRACE_LIMIT = 1,
  /// The unobserved first call did not return in time; detail is the seconds it had.
  CHOST_TRACE_STUCK = 2,
  /// The call raised a signal or left the process; detail is the signal, 0 for an exit.
  CHOST_TRACE_SIGNAL = 3,
  /// This system or this architecture lets nobody trace; detail is the errno.
  CHOST_TRACE_UNAVAILABLE = 4,
};

/// The outcome of a trace.
struct chost_trace_result {
  enum chost_trace_outcome outcome;
  int detail;
  struct chost_trace_counts counts;
};

/// Six integer or pointer arguments, in the order of the C calling convention.
struct chost_trace_arguments {
  uintptr_t word[6];
};

/// Calls `function` twice in a forked child and executes the second call one instruction at a time.
///
/// The first call binds lazy symbols. The call instruction and the last `ret` are not counted, so
/// an empty function has 0 instructions. The caller's private memory is left as it is; shared
/// mappings see the stores of the child. Exists because Swift can neither fork nor load registers.
struct chost_trace_result chost_trace_call(
    const void *_Nonnull function, struct chost_trace_arguments arguments, uint64_t step_limit);

/// What one instruction adds to the counts. Everything else about it does not matter here.
struct chost_trace_effect {
  /// Length in bytes of a repeated string instruction, 0 of any other.
  uint8_t repeat_length;
  uint8_t non_temporal_bytes;
  bool writes_back;
  bool fences;
};

/// Bytes that `chost_trace_decode` may read: the longest instruction and the bytes an opcode needs.
enum { CHOST_TRACE_DECODE_BYTES = 21 };

/// Decodes just enough of one 64-bit x86 instruction. Pure, on every architecture.
///
/// Source: Intel SDM volume 2, chapter 2 (prefixes, VEX, EVEX) and appendix A; AMD APM volume 3.
struct chost_trace_effect chost_trace_decode(const uint8_t *_Nonnull bytes);
