import Plan
import Record

/// A run of random rows over a random subset of the operations, with a baseline like it.
struct RandomRun {
  var cells: [CellResult] = []
  var baseline: [CellResult] = []

  init(seed: UInt64) {
    var random = Generator(state: seed)
    let operations = Plan.Operation.allCases.filter { _ in Bool.random(using: &random) }
    for operation in operations {
      for parameters in RandomRun.shapes(of: operation)
      where Int.random(in: 0..<3, using: &random) > 0 {
        let scale = Double(1 << Int.random(in: 0..<24, using: &random))
        let isModel =
          RandomRun.onlyModel.contains(operation)
          || RandomRun.alsoModel.contains(operation) && Bool.random(using: &random)
        let routines = isModel ? RandomRun.designs : RandomRun.routines(of: operation)
        for routine in routines {
          let row = RandomRun.row(
            operation, routine, parameters, scale, isModel ? "model" : "core", &random)
          cells.append(row)
          var old = row
          old.referenceRatio = row.referenceRatio.map {
            $0 * .random(in: 0.8..<1.2, using: &random)
          }
          if Int.random(in: 0..<5, using: &random) > 0 { baseline.append(old) }
        }
      }
    }
  }

  private static let onlyModel: [Plan.Operation] = [.cowBlock, .clone, .unshare, .writeback, .read]
  private static let alsoModel: [Plan.Operation] = [.cowEdge, .zero, .dedupe, .fault]
  private static let designs = ["auto", "upstream", "h3", "btrfs"]

  private static func row(
    _ operation: Plan.Operation, _ routine: String, _ parameters: Parameters, _ scale: Double,
    _ engine: String, _ random: inout Generator
  ) -> CellResult {
    let time = scale * .random(in: 1..<2, using: &random)
    let width = Double.random(in: 0..<0.2, using: &random)
    var row = SyntheticRun.row(
      operation, routine, time, bytes: parameters.sizeBytes.map(Double.init),
      share: Bool.random(using: &random) ? .random(in: 0..<1.1, using: &random) : nil,
      ratio: .random(in: 0.5..<2, using: &random), width: width, engine: engine
    ) { $0 = parameters }
    row.contended = Int.random(in: 0..<6, using: &random) == 0
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return SyntheticRun.failed(row, .skipped, "this CPU has no clwb")
    case 1: return SyntheticRun.failed(row, .skipped, "huge pages are not reserved here")
    case 2: return SyntheticRun.failed(row, .invalid, "expected 1024 faults and observed 2")
    case 3: return SyntheticRun.failed(row, .error, "byte 17 of /dev/a/rather/long/path differs")
    default: return row
    }
  }

  private static func routines(of operation: Plan.Operation) -> [String] {
    switch operation {
    case .floor: ["empty"]
    case .clock: ["thread-cpu", "wall"]
    case .reference: ["frozen-copy"]
    case .roofline: ["read", "store", "store-nt", "copy", "copy-nt", "copy-rep"]
    case .fault: ["touch"]
    case .flush: ["clflush", "clwb", "libpmem", "none"]
    case .cowEdge: ["auto", "kernel", "libpmem", "rep-movsb", "avx512-nt+clflushopt"]
    default: ["auto", "libc", "libpmem", "avx2", "avx512-nt"]
    }
  }

  private static func shapes(of operation: Plan.Operation) -> [Parameters] {
    CacheState.allCases.flatMap { cache in
      [64, 4096, 2_097_152].flatMap { size -> [Parameters] in
        var base = Parameters()
        base.cacheState = cache
        base.sizeBytes = size
        switch operation {
        case .floor, .clock: return cache == .l1 && size == 64 ? [Parameters()] : []
        case .copy, .zero: return [true, false].map { base.with(\.durable, $0) }
        case .compare: return Mismatch.allCases.map { base.with(\.mismatch, $0) }
        case .dedupe: return [base.with(\.extentBytes, 65536).with(\.mismatch, Mismatch.none)]
        case .cowEdge:
          return SourceState.allCases.map {
            base.with(\.sizeBytes, 4096).with(\.alignmentBytes, 4096).with(
              \.lengthBytes, min(size, 512)
            )
            .with(\.positionBytes, 1000).with(\.sourceState, $0).with(\.durable, true)
          }
        case .fault:
          if size == 64 { return [] }
          return FaultAccess.allCases.map {
            base.with(\.cacheState, nil).with(\.access, $0).with(\.memory, .anonymous)
              .with(\.pages, size == 4096 ? .base : .huge).with(
                \.threads, 1 + (cache == .l1 ? 1 : 0))
          }
        default: return [base]
        }
      }
    }.unique
  }
}

extension Parameters {
  /// The same parameters with one of them changed.
  fileprivate func with<Value>(_ path: WritableKeyPath<Parameters, Value>, _ value: Value)
    -> Parameters
  {
    var other = self
    other[keyPath: path] = value
    return other
  }
}

extension [Parameters] {
  fileprivate var unique: [Parameters] {
    var seen: Set<Parameters> = []
    return filter { seen.insert($0).inserted }
  }
}

extension RandomRun {
  /// Splitmix64: a run of random rows comes back from its printed seed.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
