/// Random steps with unaligned edges around everything that matters: 0, blocks, the window of a
/// copy-on-write, 2 MiB, the ends of files.
///
/// Equal seeds, and equal sizes told, give equal steps.
public struct TraceGenerator: Sendable {
  private var random: SeededGenerator
  private let offersUnshare: Bool
  /// Whether positions around 2 MiB occur; such files take time to compare.
  private let isLarge: Bool
  private var stepCount = 0
  /// A step, and the drops before it.
  private var pending: [TraceStep] = []
  private let fileLimit = 6
  private let mapSpacing = 20

  /// A generator.
  ///
  /// - Parameters:
  ///   - seed: What all follows from.
  ///   - isLarge: Whether positions around 2 MiB occur.
  ///   - offersUnshare: Whether the filesystem has `unshare`.
  public init(seed: UInt64, isLarge: Bool = false, offersUnshare: Bool = true) {
    random = SeededGenerator(seed: seed)
    self.isLarge = isLarge
    self.offersUnshare = offersUnshare
  }

  /// The next step.
  ///
  /// - Parameter sizes: The files there are, with their sizes.
  /// - Returns: A step; one in twenty looks at the sharing of blocks.
  public mutating func next(sizes: [String: Int]) -> TraceStep {
    stepCount += 1
    if stepCount % mapSpacing == 0 { return TraceStep(.map) }
    if pending.isEmpty {
      let names = sizes.keys.sorted()
      let step = draw(names, sizes)
      // One step in eight is to meet none of its pages in the page cache.
      let dropped = below(8) == 0 ? names.filter(step.files.contains) : []
      pending = dropped.map { TraceStep(.drop, [$0]) } + [step]
    }
    return pending.removeFirst()
  }

  private mutating func draw(_ names: [String], _ sizes: [String: Int]) -> TraceStep {
    if names.count < 3 || names.count < fileLimit && below(25) == 0 { return create(names) }
    let source = name(names)
    let size = sizes[source] ?? 0
    let verb = verb()
    switch verb {
    case .remove: return names.count > 3 ? TraceStep(.remove, [source]) : TraceStep(.map)
    case .cloneWhole: return TraceStep(verb, [source, name(names)])
    case .clone, .dedupe, .copy:
      let target = below(6) == 0 ? source : name(names)
      return remap(verb, source, size, target, sizes[target] ?? 0)
    case .truncate: return TraceStep(verb, [source], [position(size)])
    case .write, .store:
      return TraceStep(verb, [source], [position(size), byteCount(), payload()])
    case .direct:
      let first = position(size) & ~4095
      return TraceStep(verb, [source], [first, (byteCount() + 4095) & ~4095, payload()])
    case .unshare where below(3) == 0:
      return TraceStep(verb, [source], [0, max(size, 1)])
    case .sync, .drop, .open: return TraceStep(verb, [source])
    default: return TraceStep(verb, [source], [position(size), byteCount()])
    }
  }

  private mutating func create(_ names: [String]) -> TraceStep {
    let free = "abcdefgh".map { String($0) }.filter { !names.contains($0) }
    return TraceStep(.open, [free[below(free.count)]])
  }

  private mutating func verb() -> TraceVerb {
    let table: [(TraceVerb, Int)] = [
      (.write, 22), (.store, 14), (.clone, 16), (.cloneWhole, 4), (.dedupe, 12), (.zero, 7),
      (.zeroKeepingSize, 3), (.punch, 7), (.truncate, 7), (.allocate, 4),
      (.unshare, offersUnshare ? 5 : 0), (.copy, 5), (.direct, 4), (.read, 3), (.load, 5),
      (.sync, 3), (.drop, 2), (.open, 1), (.remove, 1),
    ]
    var choice = below(table.reduce(0) { $0 + $1.1 })
    for (verb, weight) in table {
      if choice < weight { return verb }
      choice -= weight
    }
    return .map
  }

  /// Mostly whole blocks; sometimes what is refused, and the whole of the file.
  private mutating func remap(
    _ verb: TraceVerb, _ source: String, _ size: Int, _ target: String, _ targetSize: Int
  ) -> TraceStep {
    var from = position(size)
    var to = below(4) == 0 ? from : position(targetSize)
    if verb != .copy || below(2) == 0 {
      if below(12) > 0 { from &= ~4095 }
      if below(12) > 0 { to &= ~4095 }
    }
    if below(3) == 0 { from = min(from, max(size - 1, 0) & ~4095) }
    if verb == .dedupe, below(3) > 0 { to = min(to, max(targetSize - 1, 0) & ~4095) }
    if verb == .dedupe, below(2) == 0 {
      from = min(from, max(targetSize - 1, 0) & ~4095)
      to = from
    }
    let rest = max(size - from, 0)
    let other = max(targetSize - to, 0)
    let count =
      switch below(6) {
      case 0: rest
      case 1 where verb == .dedupe: min(rest, other)
      case 1: byteCount()
      case 2, 3: min((byteCount() + 4095) & ~4095, verb == .dedupe ? min(rest, other) : rest)
      default: min((1 + below(8)) * 4096, verb == .dedupe ? min(rest, other) : rest & ~4095)
      }
    return TraceStep(verb, [source, target], [from, verb == .copy ? max(count, 1) : count, to])
  }

  private mutating func position(_ size: Int) -> Int {
    let huge = 2 << 20
    let isFar = isLarge && below(4) == 0
    let limit = isLarge && (size > huge / 2 || isFar) ? huge + (64 << 10) : 192 << 10
    let edges = [0, 4096, 8192, 20_480, 32 * 4096, size, size, size & ~4095]
    let base = isFar ? huge : edges[below(edges.count)]
    let offsets = [0, 0, 0, 1, -1, 511, 512, -512, 2048, 4096, -4096, below(48 << 10)]
    return min(max(base + offsets[below(offsets.count)], 0), limit)
  }

  private mutating func byteCount() -> Int {
    if isLarge, below(40) == 0 { return (2 << 20) + below(3) - 1 }
    let counts = [
      1, 50, 511, 512, 4095, 4096, 4097, 8192, 12_288, 1 + below(20_000), 65_536 + below(3) - 1,
    ]
    return counts[below(counts.count)]
  }

  /// Zeros, three fillings that repeat, and one that does not.
  private mutating func payload() -> Int { [0, 2, 2, 4, 6, 1, 1 + 2 * below(100)][below(7)] }

  private mutating func name(_ names: [String]) -> String { names[below(names.count)] }

  private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(limit, 1))) }
}
