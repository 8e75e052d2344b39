import Testing

@testable import FSDAX

/// Clones and dedupes, with their results worked out apart from the library.
extension Machine {
  private struct Ranges {
    var from = 0
    var to = 0
    var count = 0
  }

  private func ranges(_ source: ModelFile, _ target: ModelFile) -> Ranges {
    var ranges = Ranges()
    let limit = kind.isHuge ? 700 : 10
    ranges.from = random.below(min(source.pageCount, limit) + 1) << 12
    ranges.to = random.below(min(target.pageCount, limit) + 3) << 12
    if random.below(10) == 0 { ranges.from += 512 }
    if kind.isHuge, random.below(2) == 0 { (ranges.from, ranges.to) = (0, 0) }
    let rest = max(source.size - ranges.from, 0)
    ranges.count = [0, rest, 4096, 8192, min(rest, 2 << 20), 1000, rest & ~4095][random.below(7)]
    return ranges
  }

  /// What the target has afterwards; nil where the request is invalid.
  private func cloned(_ source: ModelFile, _ target: ModelFile, _ ranges: Ranges) -> [UInt8]? {
    var count = ranges.count
    if count == 0 {
      if ranges.from == source.size { return target.bytes }
      count = source.size - ranges.from
    }
    if count < 0 || ranges.from + count > source.size { return nil }
    if (ranges.from | ranges.to) & 4095 != 0 { return nil }
    let reachesEnd = ranges.from + count == source.size
    if count & 4095 != 0, !reachesEnd || ranges.to + count < target.size { return nil }
    if source === target, abs(ranges.from - ranges.to) < (count + 4095) & ~4095 { return nil }
    var result = target.bytes
    if result.count < ranges.to + count { result += zeros(ranges.to + count - result.count) }
    result.replaceSubrange(
      ranges.to..<ranges.to + count, with: source.bytes[ranges.from..<ranges.from + count])
    return result
  }

  func clone(_ target: ModelFile) {
    let source = anyFile()
    let isWhole = random.below(3) == 0
    let ranges = isWhole ? Ranges() : ranges(source, target)
    breaksLayouts(source)
    breaksLayouts(target)
    note =
      "clone file \(source.id.number) of \(source.size), \(ranges.from)+\(ranges.count) "
      + "to file \(target.id.number) of \(target.size) at \(ranges.to)"
    var expected = cloned(source, target, ranges)
    let sums = (
      volume.hasChecksums(rig.inode(source.id)), volume.hasChecksums(rig.inode(target.id))
    )
    if sums.0 != sums.1 { expected = nil }
    let error = attempt(expected == nil ? [.EINVAL] : []) {
      try volume.clone(
        from: OpenFile(source.id, on: volume), at: ranges.from, byteCount: ranges.count,
        to: OpenFile(target.id, on: volume), at: ranges.to)
    }
    if error == nil {
      guard let expected else { return fail("an invalid clone") }
      target.bytes = expected
    } else if error == .ENOSPC, let expected {
      settleClone(target, expected)
    }
  }

  /// Of a clone that ran out of space the first extents stay.
  private func settleClone(_ target: ModelFile, _ expected: [UInt8]) {
    let found = (try? rig.contents(target.id)) ?? []
    check(found.count >= target.size && found.count <= max(expected.count, target.size), "size")
    for (place, byte) in found.enumerated() {
      let old = place < target.size ? target.bytes[place] : 0
      if byte != old, place >= expected.count || byte != expected[place] {
        return fail("byte \(place) after a clone without space")
      }
    }
    target.bytes = found
  }

  func dedupe(_ target: ModelFile) throws {
    let source = anyFile()
    var ranges = ranges(source, target)
    ranges.from &= ~4095
    ranges.to = min(ranges.to, max(target.size - 1, 0) & ~4095)
    ranges.count = min(ranges.count, source.size - ranges.from, target.size - ranges.to)
    if source === target, abs(ranges.from - ranges.to) < (ranges.count + 4095) & ~4095 { return }
    guard ranges.count > 0 else { return }
    let copied = source.bytes[ranges.from..<ranges.from + ranges.count]
    if random.below(3) > 0 {
      // Equal bytes, as far as there is space for them.
      var done = 0
      _ = attempt { done = try rig.write(target.id, ranges.to, Array(copied)) }
      target.write(ranges.to, copied.prefix(done))
    }
    note =
      "dedupe file \(target.id.number) of \(target.size) at \(ranges.to) with file "
      + "\(source.id.number) of \(source.size), \(ranges.from)+\(ranges.count)"
    let before = trace(source, target)
    breaksLayouts(source)
    breaksLayouts(target)
    let result = try run(source, target, ranges)
    let whole = ranges.count & ~4095
    let isEqual =
      source.bytes[ranges.from..<ranges.from + whole]
      == target.bytes[ranges.to..<ranges.to + whole]
    if result.status == DedupeResult.same {
      check(isEqual, "unequal bytes were deduped")
      // An unwritten source leaves a hole in the target, which is not the same to a compare.
      let blocks = UInt64(ranges.from >> 12)..<UInt64((ranges.from + ranges.count + 4095) >> 12)
      let isWritten = blocks.allSatisfy { rig.state(source.id, $0) == .written }
      let again = try rig.counting {
        let second = try run(source, target, ranges)
        check(second == result || !isWritten, "the second result")
      }
      check(again[.refcountUpdates] == 0, "counts changed the second time")
    } else {
      let error = Errno(rawValue: -result.status)
      let sums = (
        volume.hasChecksums(rig.inode(source.id)), volume.hasChecksums(rig.inode(target.id))
      )
      let isSpace = kind.isSmall && error == .ENOSPC
      let isMixed = error == .EINVAL && sums.0 != sums.1
      check(result.status == DedupeResult.differs || isSpace || isMixed, "\(error)")
      check(isSpace || trace(source, target) == before, "a failed dedupe left a trace")
    }
  }

  private func run(
    _ source: ModelFile, _ target: ModelFile, _ ranges: Ranges
  ) throws -> DedupeResult {
    try volume.dedupe(
      from: OpenFile(source.id, on: volume), at: ranges.from, byteCount: ranges.count,
      targets: [(OpenFile(target.id, on: volume), ranges.to)])[0]
  }

  /// What a failed dedupe leaves alone, but the bytes, which every step compares (invariant 9).
  private func trace(_ source: ModelFile, _ target: ModelFile) -> [FileTrace] {
    [source, target].map { file in
      let inode = rig.inode(file.id)
      var extents: [Extent] = []
      while let extent = inode.data.extent(atOrAfter: extents.last?.end ?? 0) {
        extents.append(extent)
      }
      return FileTrace(
        bytes: [], extents: extents, attributes: inode.attributes, free: volume.freeByteCount)
    }
  }
}
