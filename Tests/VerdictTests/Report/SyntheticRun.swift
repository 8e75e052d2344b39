import Plan
import Record

/// Rows of a run, spelled briefly.
enum SyntheticRun {
  /// A measured row with an interval of one per cent to each side.
  static func row(
    _ operation: Plan.Operation, _ routine: String, _ nanoseconds: Double, bytes: Double? = nil,
    share: Double? = nil, ratio: Double? = 1, width: Double = 0.01, engine: String = "core",
    _ edit: (inout Parameters) -> Void = { _ in }
  ) -> CellResult {
    var parameters = Parameters()
    edit(&parameters)
    let cell = Cell(
      suite: operation.rawValue, operation: operation, engine: engine, routine: routine,
      parameters: parameters)
    var row = CellResult(cell: cell, status: .ok, reason: "")
    row.calls = 1000
    row.batches = 9
    row.cpuPerCall = nanoseconds
    row.cpuLow = nanoseconds * (1 - width)
    row.cpuHigh = nanoseconds * (1 + width)
    row.wallPerCall = nanoseconds * 1.01
    row.bytesPerCall = bytes
    row.rooflineShare = share
    row.reference = cell.reference?.routine
    row.referenceRatio = cell.reference == nil ? nil : ratio
    return row
  }

  /// The same cell, ended otherwise.
  static func failed(_ row: CellResult, _ status: Status, _ reason: String) -> CellResult {
    CellResult(cell: row.cell, status: status, reason: reason)
  }

  static func edge(_ p: inout Parameters) {
    p.sizeBytes = 4096
    p.positionBytes = 1000
    p.lengthBytes = 512
    p.alignmentBytes = 4096
    p.sourceState = .mapped
    p.durable = true
    p.cacheState = .memory
  }

  static func copy4K(_ p: inout Parameters) {
    p.sizeBytes = 4096
    p.durable = false
    p.cacheState = .l1
  }

  static func blocks(_ size: Int, _ durable: Bool, _ p: inout Parameters) {
    p.sizeBytes = size
    p.durable = durable
    p.cacheState = .memory
    p.pages = .any
  }

  static func modelEdge(_ p: inout Parameters) {
    edge(&p)
    p.sizeBytes = nil
    p.pages = .any
  }

  static func fault(_ access: FaultAccess, _ p: inout Parameters) {
    p.access = access
    p.memory = .anonymous
    p.pages = .base
  }

  /// A small run with one of everything a table can show.
  static let small: [CellResult] = {
    var contended = row(.copy, "libc", 61.02, bytes: 4096, share: 0.601, copy4K)
    contended.contended = true
    let huge = row(.fault, "touch", 0) { p in
      fault(.firstWrite, &p)
      p.memory = .hugetlb
      p.pages = .huge
    }
    return [
      row(.floor, "empty", 0.92),
      row(.clock, "thread-cpu", 212), row(.clock, "wall", 24.04),
      row(.roofline, "copy", 68, bytes: 8192) { $0.cacheState = .l1 },
      row(.roofline, "copy-rep", 90, bytes: 8192) { $0.cacheState = .l1 },
      row(.roofline, "copy-nt", 95_000, bytes: 2_097_152) { $0.cacheState = .memory },
      row(.roofline, "read", 40, bytes: 8192) { $0.cacheState = .l1 },
      row(.reference, "frozen-copy", 60, bytes: 4096, copy4K),
      row(.reference, "frozen-cow-edge", 400, bytes: 4096, edge),
      contended,
      row(.copy, "auto", 41.31, bytes: 4096, share: 0.88, ratio: 0.7, copy4K),
      row(.copy, "avx512", 41.2, bytes: 4096, share: 0.884, ratio: 0.69, copy4K),
      failed(row(.copy, "avx2", 0, copy4K), .error, "byte 17 is 3 and should be 4"),
      failed(row(.copy, "sse2-nt+clwb", 0, copy4K), .skipped, "this CPU has no clwb"),
      row(.cowEdge, "kernel", 448, bytes: 4096, share: 0.3, edge),
      row(.cowEdge, "libpmem", 311, bytes: 4096, share: 0.44, edge),
      row(.cowEdge, "auto", 213, bytes: 4096, share: 0.64, ratio: 0.5, edge),
      failed(row(.cowEdge, "avx2+clwb", 0, edge), .skipped, "this CPU has no clwb"),
      row(.fault, "touch", 183) { fault(.readUntouched, &$0) },
      row(.fault, "touch", 402, bytes: 4096) { fault(.firstWrite, &$0) },
      row(.fault, "touch", 611, bytes: 4096) { fault(.forkCow, &$0) },
      failed(
        row(.fault, "touch", 0) { fault(.writeAfterRead, &$0) }, .invalid,
        "expected 1024 faults and observed 2"),
      failed(huge, .skipped, "no huge pages are reserved"),
    ]
  }()

  /// A run of the model beside the core rows of the same work; one of these is missing.
  static let model: [CellResult] = {
    func model(
      _ operation: Plan.Operation, _ routine: String, _ nanoseconds: Double, bytes: Double? = nil,
      _ edit: (inout Parameters) -> Void
    ) -> CellResult {
      row(operation, routine, nanoseconds, bytes: bytes, engine: "model", edit)
    }
    func sharedCow(_ pages: PageRequest) -> (inout Parameters) -> Void {
      { ($0.access, $0.pages) = (.sharedCow, pages) }
    }
    func fragmented(_ p: inout Parameters) {
      modelEdge(&p)
      (p.sizeBytes, p.extentBytes) = (4 << 30, 4096)
    }
    return [
      model(.fault, "direct", 402, bytes: 4096, sharedCow(.base)),
      model(.fault, "direct-owners", 511, bytes: 4096, sharedCow(.base)),
      model(.fault, "direct", 131_000, bytes: 2_097_152, sharedCow(.huge)),
      model(.fault, "direct", 88) { ($0.access, $0.pages, $0.threads) = (.writeMapped, .base, 2) },
      row(.fault, "touch", 1985, bytes: 4096, engine: "live") { fault(.firstWrite, &$0) },
      model(.cowEdge, "auto", 553, bytes: 4096, modelEdge),
      model(.cowEdge, "h3", 401, bytes: 4096, modelEdge),
      failed(model(.cowEdge, "btrfs", 0, modelEdge), .error, "byte 1512 is 0 and should be 9"),
      model(.cowEdge, "auto", 711, bytes: 4096, fragmented),
      row(.cowEdge, "auto", 322, bytes: 4096, share: 0.9, modelEdge),
      row(.cowEdge, "kernel", 448, bytes: 4096, share: 0.7, modelEdge),
      row(.copy, "auto", 210, bytes: 4096) { blocks(4096, false, &$0) },
      row(.copy, "auto", 131_400, bytes: 2_097_152) { blocks(2 << 20, false, &$0) },
      model(.cowBlock, "auto", 60_000, bytes: 1_048_576) {
        blocks(1 << 20, true, &$0)
        $0.sourceState = .mapped
      },
      model(.read, "beside-clone", 61_000, bytes: 4096) { blocks(4096, true, &$0) },
      model(.clone, "auto", 930) { ($0.sizeBytes, $0.extentBytes) = (64 << 20, 4096) },
    ]
  }()

  /// A baseline of the small run: one row 12 % quicker, one within its interval, the others equal.
  static let smallBaseline: [CellResult] = small.map { row in
    var row = row
    if row.cell.routine == "auto" {
      row.referenceRatio = row.referenceRatio.map {
        $0 / (row.cell.operation == .copy ? 1.12 : 0.99)
      }
    }
    return row
  }
}
