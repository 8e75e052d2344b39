public import Plan

/// Runs a trace on two sides at once, and compares them after each step: the result, the bytes
/// read, the sizes and bytes of all files; where a step asks for it the sharing of blocks, too.
public struct Comparison {
  /// The model.
  public let model: any TraceExecutor
  /// The other side.
  public let live: any TraceExecutor
  /// How often each rule was used.
  public internal(set) var use = RuleUse()
  /// Steps carried out.
  public private(set) var stepCount = 0
  let memory = ComparedMemory()
  /// Files out of the other side's page cache, which no step has named since.
  private var cold: Set<String> = []
  /// What a rule let pass in an earlier look at the blocks, by file and block.
  ///
  /// With the block of the other side: once it has another one, the rule has ended.
  var excused: [String: [Int: Int]] = [:]
  /// What the steps since the last look may have touched.
  var touched = TouchedBlocks()
  /// Whether the rules of Btrfs hold.
  let isBtrfs: Bool

  /// A file of more bytes is compared where it has data.
  static let wholeByteCount = 16 << 20

  /// Two sides without files.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - live: The other side.
  ///   - isBtrfs: Whether the rules of Btrfs hold.
  public init(model: any TraceExecutor, live: any TraceExecutor, isBtrfs: Bool = false) {
    self.isBtrfs = isBtrfs
    self.model = model
    self.live = live
  }

  /// Carries out one step on both sides.
  ///
  /// - Parameter step: The step.
  /// - Returns: What differs after it, or nil.
  public mutating func run(_ step: TraceStep) -> TraceDifference? {
    defer { stepCount += 1 }
    let before = model.sizes()
    let expected = model.run(step)
    let found = live.run(step)
    guard let difference = compare(step, expected, found, before) else { return nil }
    return refusal(difference, found.result) ?? difference
  }

  private mutating func compare(
    _ step: TraceStep, _ expected: StepOutcome, _ found: StepOutcome, _ before: [String: Int]
  ) -> TraceDifference? {
    if expected.result != found.result, !excuse(step, expected.result, found.result, before) {
      return difference(.result, "\(step): \(expected.result) for the model, \(found.result)")
    }
    if expected.result == found.result, expected.bytes != found.bytes {
      let place = zip(expected.bytes, found.bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
      return difference(.bytes, "\(step): read at \(step.range.position + place)")
    }
    // The other side gave the same, or a rule says why not.
    if let wanted = step.expected, wanted != expected.result {
      return difference(.expectation, "\(step): the model gives \(expected.result)")
    }
    let sizes = model.sizes()
    let others = live.sizes()
    touched.add(step, before, sizes)
    if step.verb == .remove { excused[step.file] = nil }
    if sizes != others {
      let name = Set(sizes.keys).union(others.keys).sorted().first { sizes[$0] != others[$0] } ?? ""
      let pair = [sizes[name], others[name]].map { $0.map(String.init) ?? "no file" }
      return difference(.size, "\(step): \(name) has \(pair[0]) bytes in the model, \(pair[1])")
    }
    for (name, size) in sizes.sorted(by: { $0.key < $1.key }) {
      if let text = compareBytes(name, size) { return difference(.bytes, "\(step): \(text)") }
    }
    cool(step, found.result)
    if step.verb == .map, let text = compareSharing(sizes) { return difference(.sharing, text) }
    return nil
  }

  /// What was dropped is dropped again, as the comparison has read it: the next step that names
  /// the file is to meet no page of it.
  private mutating func cool(_ step: TraceStep, _ found: TraceResult) {
    if step.verb != .drop {
      cold.subtract(step.files)
    } else if found == .count(0) {
      cold.insert(step.file)
    }
    for name in cold.sorted() { _ = live.run(TraceStep(.drop, [name])) }
  }

  /// Another kind of difference, where the other side's filesystem takes no more bytes or is gone:
  /// then it is no news of the model.
  private func refusal(_ difference: TraceDifference, _ found: TraceResult) -> TraceDifference? {
    var told: TraceDifference.Kind?
    if difference.kind == .result, case .error(let number) = found {
      told = TraceDifference.Kind(errno: number)
    }
    // A store dies of a full filesystem, and a write ends early, without its error.
    let asked = live.refusal().flatMap { TraceDifference.Kind(refusal: $0) }
    guard let kind = told ?? asked else { return nil }
    return TraceDifference(index: difference.index, kind: kind, text: difference.text)
  }

  /// Carries out steps until the sides differ.
  ///
  /// - Parameter steps: The steps.
  /// - Returns: The first difference, or nil.
  public mutating func run(_ steps: [TraceStep]) -> TraceDifference? {
    for step in steps {
      if let difference = run(step) { return difference }
    }
    return nil
  }

  private func difference(_ kind: TraceDifference.Kind, _ text: String) -> TraceDifference {
    TraceDifference(index: stepCount, kind: kind, text: text)
  }

  private func compareBytes(_ name: String, _ size: Int) -> String? {
    if size <= Self.wholeByteCount { return compareBytes(name, 0..<size) }
    let extents = (model.extents(of: name) ?? []) + (live.extents(of: name) ?? [])
    for extent in extents where extent.position < size {
      let range = extent.position..<min(extent.position + extent.byteCount, size)
      if let text = compareBytes(name, range) { return text }
    }
    return nil
  }

  private func compareBytes(_ name: String, _ range: Range<Int>) -> String? {
    var position = range.lowerBound
    while position < range.upperBound {
      let count = min(range.upperBound - position, ComparedMemory.byteCount)
      // SAFETY: the memory has the bytes, and is read into by this thread alone.
      let read = unsafe (
        model.read(name, at: position, into: memory.first(count)),
        live.read(name, at: position, into: memory.second(count))
      )
      guard read == (count, count) else {
        let text = [read.0, read.1].map { $0.map(String.init) ?? "none" }
        return "\(text[0]) bytes of \(count) of \(name) at \(position) in the model, \(text[1])"
      }
      if let place = memory.firstDifference(count) {
        let (a, b) = memory.bytes(place)
        return "byte \(position + place) of \(name) is \(a) in the model, \(b)"
      }
      position += count
    }
    return nil
  }
}
