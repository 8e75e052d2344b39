internal import FSDAX
internal import Plan

/// Loads and stores through the one mapping that each file has.
extension ModelExecutor {
  func load(_ step: TraceStep) throws(FSDAXError) -> StepOutcome {
    let area = try area(step.file)
    let (position, byteCount) = step.range
    var bytes = [UInt8](repeating: 0, count: max(byteCount, 0))
    var span = bytes.mutableSpan
    // SAFETY: a span's bytes of numbers are bytes; it is borrowed for the call.
    var raw = unsafe span.mutableBytes
    try volume.load(area, at: position, into: &raw)
    // Nobody promises what the last page has behind the end.
    let size = try volume.size(of: area.file)
    return StepOutcome(
      .count(byteCount), bytes: Array(bytes.prefix(max(min(byteCount, size - position), 0))))
  }

  func store(_ step: TraceStep) throws(FSDAXError) -> Int {
    let area = try area(step.file)
    let (position, byteCount) = step.range
    let bytes = TracePayload.bytes(seed: step.numbers[2], position: position, byteCount: byteCount)
    // SAFETY: bytes of numbers are bytes; they are borrowed for the call.
    try unsafe volume.store(area, at: position, bytes.span.bytes)
    return byteCount
  }

  /// The mapping, made by the first who asks.
  private func area(_ name: String) throws(FSDAXError) -> VirtualArea {
    let file = try file(name)
    if let area = file.area { return area }
    let area = try volume.makeArea(file.open.file, at: 0, pageCount: Self.mappedPageCount)
    files[name]?.area = area
    return area
  }
}
