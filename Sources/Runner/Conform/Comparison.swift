internal import Glibc
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
  private let memory: ComparedMemory
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
    memory = ComparedMemory()
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
    if expected.result != found.result, !excuse(step, expected.result, found.result, before) {
      return difference(.result, "\(step): \(expected.result) for the model, \(found.result)")
    }
    if expected.result == found.result, expected.bytes != found.bytes {
      let place = zip(expected.bytes, found.bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
      return difference(.bytes, "\(step): read at \(step.range.position + place)")
    }
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
    if step.verb == .map, let text = compareSharing(sizes) { return difference(.sharing, text) }
    return nil
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

  /// Whether a rule allows the two results; then both sides are made to have the same state.
  private mutating func excuse(
    _ step: TraceStep, _ expected: TraceResult, _ found: TraceResult, _ sizes: [String: Int]
  ) -> Bool {
    if step.verb == .nextHole || step.verb == .nextData {
      return excuseSeek(step, expected, found)
    }
    guard step.verb == .dedupe, case .count(let count) = found else { return false }
    switch expected {
    case .differs:
      guard isEqual(step, sizes) else { return false }
      model.force(step)
      use.use(.dedupeHoleAgainstZeros)
      return true
    case .count(let fewer):
      guard fewer < count, count == step.range.byteCount else { return false }
      use.use(.dedupeReportsRequest)
      return true
    case .error: return false
    }
  }

  /// More data than the model has, never less.
  private mutating func excuseSeek(
    _ step: TraceStep, _ expected: TraceResult, _ found: TraceResult
  ) -> Bool {
    guard !isBtrfs, case .count(let place) = found else { return false }
    let isMore =
      switch expected {
      case .count(let wanted): step.verb == .nextHole ? place > wanted : place < wanted
      case .error, .differs: step.verb == .nextData
      }
    if isMore { use.use(.seekFindsCachedZeros) }
    return isMore
  }

  /// Whether the bytes of a dedupe are equal, read from the model: it has refused and changed
  /// nothing, while blocks that the other side shares by mistake are equal by now.
  private func isEqual(_ step: TraceStep, _ sizes: [String: Int]) -> Bool {
    // What ends inside a block is shortened to whole ones, unless both files end there.
    let (position, asked) = step.range
    let isToBothEnds =
      position + asked == sizes[step.files[0]]
      && step.targetPosition + asked == sizes[step.files[1]]
    let byteCount = isToBothEnds ? asked : asked & ~4095
    var done = 0
    while done < byteCount {
      let count = min(byteCount - done, ComparedMemory.byteCount)
      // SAFETY: the memory has the bytes, and is read into by this thread alone.
      let first = unsafe model.read(
        step.files[0], at: step.range.position + done, into: memory.first(count))
      let second = unsafe model.read(
        step.files[1], at: step.targetPosition + done, into: memory.second(count))
      guard first == count, second == count, memory.firstDifference(count) == nil else {
        return false
      }
      done += count
    }
    return true
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

/// Two buffers to read both sides into.
@safe private final class ComparedMemory {
  static let byteCount = 1 << 20
  private let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 2 * byteCount, alignment: 4096)

  // SAFETY: in all of these the memory is this object's own, and counts are at most `byteCount`.
  deinit { unsafe memory.deallocate() }

  func first(_ count: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  func second(_ count: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[Self.byteCount..<Self.byteCount + count])
  }

  func bytes(_ place: Int) -> (UInt8, UInt8) {
    unsafe (memory[place], memory[Self.byteCount + place])
  }

  /// The first place at which the two differ.
  func firstDifference(_ count: Int) -> Int? {
    guard let base = unsafe memory.baseAddress else { return nil }
    if unsafe memcmp(base, base + Self.byteCount, count) == 0 { return nil }
    return (0..<count).first { bytes($0).0 != bytes($0).1 }
  }
}
