import Plan

/// Arrays of bytes, one a file: what a trace leaves, whatever the blocks.
///
/// Files of huge sizes are not for it. It takes the model's word for how many bytes a step moved,
/// and for refusals.
struct TraceOracle {
  private(set) var files: [String: [UInt8]] = [:]
  private static let largest = 1 << 26

  /// Applies a step that had a result; false for one that is too large to be followed.
  mutating func apply(_ step: TraceStep, _ result: TraceResult) -> Bool {
    guard case .count(let count) = result else { return true }
    let (position, byteCount) = step.range
    let name = step.file
    let size = files[name]?.count ?? 0
    guard step.verb == .limit || step.numbers.allSatisfy({ $0 < Self.largest }) else {
      return false
    }
    switch step.verb {
    case .open, .openReadOnly, .openAppend: files[name, default: []] += []
    case .remove: files[name] = nil
    case .write, .direct:
      let bytes = TracePayload.bytes(seed: step.numbers[2], position: position, byteCount: count)
      put(bytes, name, position)
    case .store:
      let bytes = TracePayload.bytes(
        seed: step.numbers[2], position: position, byteCount: byteCount)
      put(Array(bytes.prefix(max(size - position, 0))), name, position)
    case .cloneWhole: put(files[name] ?? [], step.files[1], 0)
    case .clone:
      let end = byteCount == 0 ? size : position + byteCount
      put(Array((files[name] ?? [])[position..<end]), step.files[1], step.targetPosition)
    case .copy:
      put(
        Array((files[name] ?? []).dropFirst(position).prefix(count)), step.files[1],
        step.targetPosition)
    case .zero, .allocate:
      if size < position + byteCount { resize(name, position + byteCount) }
      if step.verb == .zero { zero(name, position, byteCount) }
    case .zeroKeepingSize, .punch: zero(name, position, byteCount)
    case .truncate: resize(name, position)
    default: break
    }
    return true
  }

  private mutating func resize(_ name: String, _ size: Int) {
    let old = files[name] ?? []
    files[name] =
      Array(old.prefix(size)) + [UInt8](repeating: 0, count: max(size - old.count, 0))
  }

  private mutating func put(_ bytes: [UInt8], _ name: String, _ position: Int) {
    if bytes.isEmpty { return }
    if (files[name]?.count ?? 0) < position + bytes.count { resize(name, position + bytes.count) }
    files[name]?.replaceSubrange(position..<position + bytes.count, with: bytes)
  }

  private mutating func zero(_ name: String, _ position: Int, _ byteCount: Int) {
    let end = min(position + byteCount, files[name]?.count ?? 0)
    guard position < end else { return }
    files[name]?.replaceSubrange(
      position..<end, with: [UInt8](repeating: 0, count: end - position))
  }
}
