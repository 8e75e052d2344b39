internal import HotCore
internal import Synchronization

/// The poisoned 512-byte sectors of a device.
struct BadBlocks: ~Copyable, Sendable {
  /// Bytes of a sector.
  static let sectorByteCount = 512

  private let anyBad = Atomic<Bool>(false)
  private let table = Mutex<[Range<Int>]>([])

  /// Whether there is any, without a lock: the answer of a device in health.
  @inline(__always) var isEmpty: Bool { !anyBad.load(ordering: .acquiring) }

  /// Poisons sectors.
  func insert(_ sectors: Range<Int>) {
    guard !sectors.isEmpty else { return }
    table.withLock { ranges in
      var merged = sectors
      ranges.removeAll { range in
        guard range.lowerBound <= merged.upperBound, merged.lowerBound <= range.upperBound else {
          return false
        }
        merged =
          min(range.lowerBound, merged.lowerBound)..<max(range.upperBound, merged.upperBound)
        return true
      }
      let place = ranges.firstIndex { $0.lowerBound > merged.lowerBound } ?? ranges.endIndex
      ranges.insert(merged, at: place)
      anyBad.store(true, ordering: .releasing)
    }
  }

  /// Heals sectors.
  func remove(_ sectors: Range<Int>) {
    table.withLock { ranges in
      ranges = ranges.flatMap { range in
        [
          range.lowerBound..<max(range.lowerBound, min(range.upperBound, sectors.lowerBound)),
          min(range.upperBound, max(range.lowerBound, sectors.upperBound))..<range.upperBound,
        ].filter { !$0.isEmpty }
      }
      anyBad.store(!ranges.isEmpty, ordering: .releasing)
    }
  }

  /// The first bad sector of a range, or nil.
  func first(in sectors: Range<Int>) -> Int? {
    if isEmpty { return nil }
    return table.withLock { ranges in
      ranges.first { $0.overlaps(sectors) }.map { max($0.lowerBound, sectors.lowerBound) }
    }
  }

  /// The first bad byte of a device range, or nil.
  func firstByte(in bytes: Range<Int>) -> Int? {
    if isEmpty || bytes.isEmpty { return nil }
    let size = Self.sectorByteCount
    let sectors = bytes.lowerBound / size..<(bytes.upperBound + size - 1) / size
    return first(in: sectors).map { max($0 * size, bytes.lowerBound) }
  }
}
