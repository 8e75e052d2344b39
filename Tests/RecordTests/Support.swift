import Foundation
import Plan

@testable import Record

/// SplitMix64: random cases that a printed seed brings back.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A new seed for each run, or `TEST_SEED`; printed so that a failure can be repeated.
  static func printed(_ name: String) -> SeededGenerator {
    let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(name): TEST_SEED=\(seed)")
    return SeededGenerator(seed: seed)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Random rows, with text that tries to break a CSV file.
struct RowMaker {
  var random: SeededGenerator

  static let fragments = [
    "a", ",", "\"", "\"\"", "\n", "\r\n", "\r", " ", "é", "e\u{301}", "数", "👩‍🚀", "\u{0}",
    "\u{FEFF}", "=1+1", "NaN", "\u{2028}", "1", "-",
  ]

  mutating func text(empty: Bool = true) -> String {
    let count = Int.random(in: (empty ? 0 : 1)...4, using: &random)
    return (0..<count).map { _ in Self.fragments.randomElement(using: &random) ?? "" }.joined()
  }

  mutating func count() -> Int {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: 0
    case 1: Int.random(in: 0..<10, using: &random)
    case 2: Int.max
    default: Int.random(in: 0...Int.max, using: &random)
    }
  }

  mutating func optional<Value>(_ value: (inout RowMaker) -> Value) -> Value? {
    Bool.random(using: &random) ? value(&self) : nil
  }

  mutating func optionalCount() -> Int? { optional { $0.count() } }

  mutating func optionalNumber() -> Double? {
    optional { maker in
      switch Int.random(in: 0..<4, using: &maker.random) {
      case 0: 0
      case 1: Double.random(in: 0..<10, using: &maker.random)
      case 2: .greatestFiniteMagnitude
      default:
        Double(bitPattern: UInt64.random(in: 1..<0x7FF0_0000_0000_0000, using: &maker.random))
      }
    }
  }

  mutating func cell() -> Cell {
    var p = Parameters()
    p.sizeBytes = optionalCount()
    p.positionBytes = optionalCount()
    p.lengthBytes = optionalCount()
    p.alignmentBytes = optionalCount()
    p.extentBytes = optionalCount()
    p.sourceState = optional { SourceState.allCases.randomElement(using: &$0.random) ?? .hole }
    p.durable = optional { Bool.random(using: &$0.random) }
    p.cacheState = optional { CacheState.allCases.randomElement(using: &$0.random) ?? .l1 }
    p.memory = optional { MemoryKind.allCases.randomElement(using: &$0.random) ?? .memfd }
    p.pages = optional { PageRequest.allCases.randomElement(using: &$0.random) ?? .any }
    p.access = optional { FaultAccess.allCases.randomElement(using: &$0.random) ?? .forkCow }
    p.threads = max(1, count())
    p.mismatch = optional { Mismatch.allCases.randomElement(using: &$0.random) ?? .last }
    return Cell(
      suite: text(empty: false),
      operation: Operation.allCases.randomElement(using: &random) ?? .copy,
      engine: text(empty: false), routine: text(empty: false), parameters: p)
  }

  mutating func sample(_ cell: Cell, round: Int) -> Sample {
    Sample(
      cell: cell, moment: count(), process: count(), round: round, order: count(),
      calls: max(1, count()), cpuNanoseconds: count(), wallNanoseconds: count(), bytes: count(),
      involuntarySwitches: count(), faultsExpected: count(), faultsObserved: count(),
      pageBytes: count(), status: Status.allCases.randomElement(using: &random) ?? .ok,
      reason: text())
  }

  mutating func result(_ cell: Cell) -> CellResult {
    var result = CellResult(
      cell: cell, status: Status.allCases.randomElement(using: &random) ?? .ok, reason: text())
    result.pageBytes = optionalCount()
    result.calls = optionalCount()
    result.batches = optionalCount()
    result.cpuPerCall = optionalNumber()
    result.cpuLow = optionalNumber()
    result.cpuHigh = optionalNumber()
    result.wallPerCall = optionalNumber()
    result.bytesPerCall = optionalNumber()
    result.rooflineShare = optionalNumber()
    result.reference = optional { $0.text(empty: false) }
    result.referenceRatio = optionalNumber()
    result.betweenMomentDeviation = optionalNumber()
    result.faultsExpected = optionalCount()
    result.faultsObserved = optionalCount()
    result.contended = Bool.random(using: &random)
    return result
  }

  mutating func ledger(_ cell: Cell) -> LedgerEntry {
    var entry = LedgerEntry(cell: cell)
    entry.counts = LedgerEntry.countColumns.map { _ in optionalCount() }
    return entry
  }
}

/// The golden run as schema 2 could say it.
func goldenRunOfSchema2() -> RunRecord {
  var run = goldenRun()
  run.machine[0].value = "2"
  run.cells.removeLast(2)
  return run
}

/// The golden run as schema 1 could say it.
func goldenRunOfSchema1() -> RunRecord {
  var run = goldenRunOfSchema2()
  run.machine[0].value = "1"
  run.cells.removeLast()
  run.ledger.removeLast()
  return run
}

/// A small run that is the same in every process: the golden files hold it.
func goldenRun() -> RunRecord {
  var parameters = Parameters()
  parameters.sizeBytes = 4096
  parameters.cacheState = .l1
  let copy = Cell(
    suite: "copy", operation: .copy, engine: "core", routine: "auto", parameters: parameters)
  let reference = copy.reference ?? copy
  parameters.positionBytes = 1000
  parameters.lengthBytes = 512
  parameters.alignmentBytes = 4096
  parameters.sourceState = .mapped
  parameters.durable = true
  parameters.cacheState = .memory
  let edge = Cell(
    suite: "cow-edge", operation: .cowEdge, engine: "core", routine: "avx512-nt",
    parameters: parameters)
  func batch(_ cell: Cell, _ round: Int, _ order: Int, _ cpu: Int) -> Sample {
    Sample(
      cell: cell, moment: 0, process: 0, round: round, order: order, calls: 20_000,
      cpuNanoseconds: cpu, wallNanoseconds: cpu + 1_234, bytes: 81_920_000,
      involuntarySwitches: round, faultsExpected: 0, faultsObserved: 0, pageBytes: 2_097_152,
      status: .ok, reason: "")
  }
  var result = CellResult(cell: copy, status: .ok, reason: "avx512 below 2 MiB, \"nt\" above")
  result.pageBytes = 2_097_152
  result.calls = 20_000
  result.batches = 2
  result.cpuPerCall = 50.05
  result.cpuLow = 50
  result.cpuHigh = 50.1
  result.wallPerCall = 50.1117
  result.bytesPerCall = 4096
  result.rooflineShare = 0.97
  result.reference = reference.routine
  result.referenceRatio = 0.5005
  result.faultsExpected = 0
  result.faultsObserved = 0
  var frozen = CellResult(cell: reference, status: .ok, reason: "")
  frozen.batches = 2
  frozen.cpuPerCall = 100
  var entry = LedgerEntry(cell: edge)
  entry.bytesCopied = 3584
  entry.linesWrittenBack = 1
  entry.nonTemporalBytes = 4032
  entry.fences = 1
  parameters = Parameters()
  parameters.pages = .huge
  parameters.access = .sharedCow
  let fault = Cell(
    suite: "fault", operation: .fault, engine: "model", routine: "direct", parameters: parameters)
  var faultEntry = LedgerEntry(cell: fault)
  faultEntry.faults = 1
  faultEntry.beginEndPairs = 1
  faultEntry.refcountUpdates = 2
  faultEntry.blocksAllocated = 512
  faultEntry.extentsRemapped = 1
  faultEntry.fallbacks = 0
  parameters = Parameters()
  parameters.memory = .btrfs
  (parameters.sizeBytes, parameters.extentBytes) = (131_072, 131_072)
  parameters.mismatch = .shared
  let dedupe = Cell(
    suite: "dedupe", operation: .dedupe, engine: "live", routine: "fideduperange",
    parameters: parameters)
  parameters = Parameters()
  (parameters.memory, parameters.pages, parameters.access) = (.file, .base, .writeMapped)
  let mapped = Cell(
    suite: "fault", operation: .fault, engine: "live", routine: "touch", parameters: parameters)
  return RunRecord(
    machine: [
      MachineFact("schema", "3"), MachineFact("cpu_model", "Größe \"2\", Stufe\n3"),
      MachineFact("libpmem", ""),
    ],
    samples: [
      batch(reference, 0, 0, 2_000_000), batch(copy, 0, 1, 1_000_000),
      batch(copy, 1, 0, 1_002_000), batch(reference, 1, 1, 2_000_000),
    ],
    cells: [
      result, frozen, CellResult(cell: edge, status: .skipped, reason: "this CPU lacks avx512f"),
      CellResult(cell: fault, status: .invalid, reason: "2 faults observed, 1 expected"),
      CellResult(cell: dedupe, status: .ok, reason: "128 KiB shared"),
      CellResult(cell: mapped, status: .skipped, reason: "no directory"),
    ],
    ledger: [entry, faultEntry])
}
