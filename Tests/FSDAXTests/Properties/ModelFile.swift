import Glibc

@testable import FSDAX

/// A file beside the volume: the bytes it should have, and who maps it.
final class ModelFile {
  let id: FileID
  var bytes: [UInt8] = []
  var areas: [ModelArea] = []
  /// Pages stored into through mappings and not written back since.
  var dirty: Set<UInt64> = []

  init(_ id: FileID) { self.id = id }

  var size: Int { bytes.count }
  var pageCount: Int { (bytes.count + 4095) >> 12 }

  func resize(_ size: Int) {
    if size < bytes.count {
      bytes.removeLast(bytes.count - size)
    } else if size > bytes.count {
      bytes += zeros(size - bytes.count)
    }
  }

  /// What a write leaves, the hole in front of it included.
  func write(_ position: Int, _ data: ArraySlice<UInt8>) {
    guard !data.isEmpty else { return }
    if bytes.count < position + data.count { resize(position + data.count) }
    bytes.replaceSubrange(position..<position + data.count, with: data)
  }

  /// Bytes stored where there may be no file any more.
  func overwrite(_ position: Int, _ data: ArraySlice<UInt8>) {
    let count = min(data.count, bytes.count - position)
    guard count > 0 else { return }
    bytes.replaceSubrange(position..<position + count, with: data.prefix(count))
  }

  func zero(_ position: Int, _ byteCount: Int) {
    let end = min(position + byteCount, bytes.count)
    guard position < end else { return }
    bytes.replaceSubrange(position..<end, with: zeros(end - position))
  }

  func dropCopies(from page: Int) {
    for each in areas { each.copies = each.copies.filter { $0.key + each.area.filePage < page } }
  }
}

/// A mapping, with the pages that a private one has of its own.
final class ModelArea {
  let area: VirtualArea
  /// By page of the area; -1 is a byte behind the end of the file, which nobody promises.
  var copies: [Int: [Int16]] = [:]

  init(_ area: VirtualArea) { self.area = area }
}

/// Whether bytes of an array are those at the start of another.
func areEqual(_ bytes: [UInt8], at start: Int, _ other: [UInt8], count: Int) -> Bool {
  bytes.withUnsafeBytes { bytes in
    other.withUnsafeBytes { other in
      guard let first = bytes.baseAddress, let second = other.baseAddress else { return true }
      return memcmp(first + start, second, count) == 0
    }
  }
}

/// Bytes for writes: never zero, and never what the free blocks are filled with.
enum Payload {
  static let free: UInt8 = 0xaa
  static let staged: UInt8 = 0x55
  private static let table: [UInt8] = {
    var random = SplitMix(seed: 99)
    return (0..<1 << 17).map { _ in
      let byte = UInt8(truncatingIfNeeded: random.next())
      return byte == 0 || byte == free || byte == staged ? 0x11 : byte
    }
  }()

  static func bytes(_ count: Int, _ random: inout SplitMix) -> ArraySlice<UInt8> {
    let start = random.below(4096)
    if start + count <= table.count { return table[start..<start + count] }
    var long = [UInt8]()
    while long.count < count { long += table[start...] }
    return long[..<count]
  }
}
