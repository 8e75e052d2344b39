internal import CHost
internal import CPersist
internal import CPmem

extension Routine where Kind == RoutineKind.Copy {
  /// Every copy routine of a contract, available or not, in table order.
  ///
  /// Durable: the bytes are on the way to memory and fenced when a routine returns, and cached
  /// kernels carry the write-back instruction in their name. Otherwise the bytes are visible to
  /// every processor, and streaming kernels fence as well.
  ///
  /// - Parameter durable: The contract.
  /// - Returns: One routine for each name.
  public static func all(durable: Bool) -> [CopyRoutine] {
    all(durable: durable, Selection(forced: RoutineOverrides.process.copy))
  }

  static func all(durable: Bool, _ selection: Selection) -> [CopyRoutine] {
    prepare()
    return selection.routines(candidates(durable: durable))
  }

  /// The names of all copy routines of a contract, in table order.
  public static func names(durable: Bool) -> [String] { distinct(candidates(durable: durable)) }

  private static func candidates(durable: Bool) -> [Candidate<RoutineKind.Copy>] {
    // SAFETY: the C tables are static and end with a nameless row.
    let table: [Candidate<RoutineKind.Copy>] = unsafe read(cpersist_copy_rows(durable)) {
      unsafe ($0.name, address($0.function), $0.features, $0.completion)
    }
    // SAFETY: callers vouch for the ranges, as for every routine.
    let libpmem: Candidate<RoutineKind.Copy> =
      durable
      ? unsafe Candidate("libpmem", .fenced) { unsafe pmem_memcpy_persist($0, $1, $2) }
      : unsafe Candidate("libpmem", .cached) {
        unsafe pmem_memcpy($0, $1, $2, UInt32(PMEM_F_MEM_NOFLUSH))
      }
    return inserting(libpmem, into: table)
  }
}

extension Routine where Kind == RoutineKind.Zero {
  /// Every zero routine of a contract, available or not, in table order; see copy for contracts.
  ///
  /// - Parameter durable: The contract.
  /// - Returns: One routine for each name.
  public static func all(durable: Bool) -> [ZeroRoutine] {
    all(durable: durable, Selection(forced: RoutineOverrides.process.zero))
  }

  static func all(durable: Bool, _ selection: Selection) -> [ZeroRoutine] {
    prepare()
    return selection.routines(candidates(durable: durable))
  }

  /// The names of all zero routines of a contract, in table order.
  public static func names(durable: Bool) -> [String] { distinct(candidates(durable: durable)) }

  private static func candidates(durable: Bool) -> [Candidate<RoutineKind.Zero>] {
    // SAFETY: as for copy.
    let table: [Candidate<RoutineKind.Zero>] = unsafe read(cpersist_zero_rows(durable)) {
      unsafe ($0.name, address($0.function), $0.features, $0.completion)
    }
    let libpmem: Candidate<RoutineKind.Zero> =
      durable
      ? unsafe Candidate("libpmem", .fenced) { unsafe pmem_memset_persist($0, 0, $1) }
      : unsafe Candidate("libpmem", .cached) {
        unsafe pmem_memset($0, 0, $1, UInt32(PMEM_F_MEM_NOFLUSH))
      }
    return inserting(libpmem, into: table)
  }
}

extension Routine where Kind == RoutineKind.Compare {
  /// Every compare routine, available or not, in table order.
  public static func all() -> [CompareRoutine] {
    all(Selection(forced: RoutineOverrides.process.compare))
  }

  static func all(_ selection: Selection) -> [CompareRoutine] {
    selection.routines(candidates())
  }

  /// The names of all compare routines, in table order.
  public static func names() -> [String] { distinct(candidates()) }

  private static func candidates() -> [Candidate<RoutineKind.Compare>] {
    // SAFETY: as for copy.
    unsafe read(cpersist_compare_rows()) {
      unsafe ($0.name, address($0.function), $0.features, $0.completion)
    }
  }
}

extension Routine where Kind == RoutineKind.Flush {
  /// Every flush routine, available or not, in table order; none of them fences.
  public static func all() -> [FlushRoutine] { all(Selection()) }

  static func all(_ selection: Selection) -> [FlushRoutine] {
    selection.routines(candidates())
  }

  /// The names of all flush routines, in table order.
  public static func names() -> [String] { distinct(candidates()) }

  private static func candidates() -> [Candidate<RoutineKind.Flush>] {
    // SAFETY: as for copy.
    let table: [Candidate<RoutineKind.Flush>] = unsafe read(cpersist_flush_rows()) {
      unsafe ($0.name, address($0.function), $0.features, $0.completion)
    }
    let libpmem: Candidate<RoutineKind.Flush> = unsafe Candidate("libpmem", .writtenBack) {
      unsafe pmem_flush($0, $1)
    }
    return inserting(libpmem, into: table, after: "none")
  }
}

extension Routine where Kind == RoutineKind.EdgeCopy {
  /// Every edge copy routine of a contract, available or not, in table order.
  ///
  /// A routine of a copy's name composes that copy and its zero: head, tail, body, then each line
  /// written back once and one fence. `kernel` is what fsdax executes; `libpmem-whole`,
  /// `libpmem-nodrain` and `libpmem-persist` are the ways a libpmem user has; `auto` is one forward
  /// pass that writes every line once.
  ///
  /// - Parameter durable: The contract.
  /// - Returns: One routine for each name.
  public static func all(durable: Bool) -> [EdgeCopyRoutine] {
    all(durable: durable, Selection(forced: RoutineOverrides.process.copy))
  }

  static func all(durable: Bool, _ selection: Selection) -> [EdgeCopyRoutine] {
    prepare()
    return selection.routines(candidates(durable: durable))
  }

  /// The names of all edge copy routines of a contract, in table order.
  public static func names(durable: Bool) -> [String] { distinct(candidates(durable: durable)) }

  private static func candidates(durable: Bool) -> [Candidate<RoutineKind.EdgeCopy>] {
    // SAFETY: as for copy.
    let table: [Candidate<RoutineKind.EdgeCopy>] = unsafe read(cpersist_edge_rows(durable)) {
      unsafe ($0.name, address($0.function), $0.features, $0.completion)
    }
    return libpmemEdges(durable: durable).reversed().reduce(table) { inserting($1, into: $0) }
  }
}

/// Puts the thresholds and the guarded copy in place, once; every table asks for it.
private func prepare() {
  _ = Thresholds.forced
  _ = guardedCopy
}

/// Whether the guarded copy could be installed: 0, or the errno.
let guardedCopy: Int32 = {
  let failure = chost_guarded_install()
  if failure == 0 { unsafe cpersist_set_guarded(chost_guarded_copy) }
  return failure
}()

private func distinct<Kind>(_ candidates: [Candidate<Kind>]) -> [String] {
  var names: [String] = []
  for candidate in candidates where names.last != candidate.name { names.append(candidate.name) }
  return names
}

/// Puts a candidate after the last of a family, whose names may carry a suffix.
private func inserting<Kind>(
  _ candidate: Candidate<Kind>, into table: [Candidate<Kind>], after family: String = "libc"
) -> [Candidate<Kind>] {
  let last = table.lastIndex { $0.name == family || $0.name.hasPrefix(family + "+") }
  var table = table
  table.insert(candidate, at: last.map { $0 + 1 } ?? table.endIndex)
  return table
}
