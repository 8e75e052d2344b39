internal import CPersist

/// A kernel that tries for the machine's peak.
///
/// All have the shape of a copy; `read` does not touch the target, nor `store` the source. Sizes
/// are multiples of 512 bytes and the target starts a cache line.
public enum PeakRoutine {
  /// Every peak kernel, available or not, in table order, with the widest vectors there are.
  public static func all() -> [CopyRoutine] { all(Selection()) }

  static func all(_ selection: Selection) -> [CopyRoutine] {
    // SAFETY: the C table is static and ends with a nameless row.
    let table: [Candidate<RoutineKind.Copy>] = unsafe read(cpersist_peak_rows()) {
      unsafe ($0.name, address($0.function), $0.features, $0.completion)
    }
    return selection.routines(table)
  }
}

/// The frozen reference: small kernels whose text never changes again, in `reference.c`.
///
/// Stored baselines hold ratios to them, so no override and no threshold reaches them.
public enum ReferenceRoutine {
  /// Copy; durable: past the caches, and fenced.
  public static func copy(durable: Bool) -> CopyRoutine {
    // SAFETY: callers vouch for the ranges, as for every routine.
    frozen(
      durable
        ? unsafe Candidate("frozen-copy", .fenced, cpersist_reference_copy_streamed)
        : unsafe Candidate("frozen-copy", .cached, cpersist_reference_copy_cached))
  }

  /// Zero; durable: past the caches, and fenced.
  public static func zero(durable: Bool) -> ZeroRoutine {
    // SAFETY: as for copy.
    frozen(
      durable
        ? unsafe Candidate("frozen-zero", .fenced, cpersist_reference_zero_streamed)
        : unsafe Candidate("frozen-zero", .cached, cpersist_reference_zero_cached))
  }

  /// Compare, 16 bytes at a time.
  public static var compare: CompareRoutine {
    // SAFETY: as for copy.
    frozen(unsafe Candidate("frozen-compare", .cached, cpersist_reference_compare))
  }

  /// Write back with the best instruction the CPU has, and fence.
  public static var flush: FlushRoutine {
    let detected = CPUFeatures.detect()
    // SAFETY: as for copy; the instruction was found on this CPU.
    if detected.contains(.clwb) {
      return frozen(unsafe Candidate("frozen-flush", .fenced, cpersist_reference_flush_clwb))
    }
    if detected.contains(.clflushopt) {
      return frozen(unsafe Candidate("frozen-flush", .fenced, cpersist_reference_flush_clflushopt))
    }
    return frozen(unsafe Candidate("frozen-flush", .fenced, cpersist_reference_flush_clflush))
  }

  private static func frozen<Kind>(_ candidate: Candidate<Kind>) -> Routine<Kind> {
    unsafe Routine(
      name: candidate.name, completion: candidate.completion, unavailable: nil,
      code: candidate.code)
  }
}

/// FNV-1a, 64 bits, of the text of `Sources/CPersist/reference.c`.
///
/// A stored ratio is comparable only where this number is the same.
public let frozenReferenceHash: UInt64 = 0x04b57a229e57983c
