import HotCore

@testable import FSDAX

/// A small volume with the verbs the tests speak in: bytes of files, bytes of the medium.
struct Rig {
  static let page = 4096
  let volume: Volume

  init(
    _ profile: Profile = .strict, byteCount: Int = 4 << 20,
    _ edit: (inout VolumeOptions) -> Void = { _ in }
  ) throws {
    var options = VolumeOptions(byteCount: byteCount)
    options.profile = profile
    edit(&options)
    volume = try Volume(options)
  }

  /// A file of given bytes.
  func file(_ bytes: [UInt8]) throws -> FileID {
    let file = try volume.create()
    if !bytes.isEmpty { _ = try write(file, 0, bytes) }
    return file
  }

  /// Two files that share the blocks of given bytes.
  func sharedPair(_ bytes: [UInt8]) throws -> (FileID, FileID) {
    let first = try file(bytes)
    let second = try volume.create()
    shareBlocks(first, with: second)
    return (first, second)
  }

  @discardableResult
  func write(
    _ file: FileID, _ position: Int, _ bytes: [UInt8], _ options: Volume.WriteOptions = []
  ) throws -> Int {
    try bytes.withUnsafeBytes { try volume.write(file, at: position, $0, options) }
  }

  func read(_ file: FileID, _ position: Int, _ byteCount: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: byteCount)
    let count = try bytes.withUnsafeMutableBytes {
      try volume.read(file, at: position, into: $0)
    }
    return Array(bytes[..<count])
  }

  /// All bytes of a file.
  func contents(_ file: FileID) throws -> [UInt8] {
    try read(file, 0, volume.size(of: file))
  }

  /// The state of a file.
  func inode(_ file: FileID) -> Inode {
    guard let inode = volume.inodes.inode(file.number) else { preconditionFailure("no file") }
    return inode
  }

  /// The device block of a file block, or nil for a hole.
  func block(_ file: FileID, _ index: UInt64) -> UInt32? {
    inode(file).data.extent(containing: index).map { $0.device + UInt32(index - $0.first) }
  }

  /// The state of a file block, or nil for a hole.
  func state(_ file: FileID, _ index: UInt64) -> ExtentState? {
    inode(file).data.extent(containing: index)?.state
  }

  func referenceCount(_ block: UInt32) -> UInt32 {
    volume.groups[volume.groups.index(of: block)].state.count(of: block)
  }

  /// Staging blocks of a file, as file blocks.
  func staging(_ file: FileID) -> [Range<UInt64>] {
    var found: [Range<UInt64>] = []
    var next: UInt64 = 0
    while let extent = inode(file).cow.extent(atOrAfter: next) {
      if let last = found.last, last.upperBound == extent.first {
        found[found.count - 1] = last.lowerBound..<extent.end
      } else {
        found.append(extent.first..<extent.end)
      }
      next = extent.end
    }
    return found
  }

  /// Bytes on the medium of a file block, past all rules.
  func medium(_ file: FileID, _ index: UInt64) -> UnsafeMutableRawBufferPointer {
    medium(block(file, index) ?? 0)
  }

  func medium(_ block: UInt32) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: volume.device.base + Int(block) * Self.page, count: Self.page)
  }

  /// Fills every block that is not in use with a byte, so that stale bytes can be told.
  func prefillFree(_ byte: UInt8) {
    let used = usedBlocks
    for block in 0..<UInt32(volume.device.pageCount) where !used.contains(block) {
      medium(block).initializeMemory(as: UInt8.self, repeating: byte)
    }
  }

  /// Poisons sectors of a file's block.
  func poison(_ file: FileID, _ index: UInt64, sectors: Range<Int>) {
    let first = Int(block(file, index) ?? 0) * 8
    volume.device.badBlocks.insert(first + sectors.lowerBound..<first + sectors.upperBound)
  }

  var hasPoison: Bool { !volume.device.badBlocks.isEmpty }

  /// What an operation adds to the ledger.
  func counting(_ body: () throws -> Void) rethrows -> Ledger {
    let before = volume.ledger
    try body()
    return volume.ledger - before
  }
}

/// The error number an operation ends with, or nil when it succeeds.
func errno<Result>(_ body: () throws -> Result) -> Errno? {
  do {
    _ = try body()
    return nil
  } catch let error as FSDAXError {
    return error.errno
  } catch {
    return error as? Errno ?? Errno(rawValue: -1)
  }
}

/// What every vector that holds in both is run with.
let bothProfiles = [Profile.strict, .upstream]

/// Bytes that differ from one position to the next, and from one seed to the other.
func pattern(_ count: Int, _ seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 167) ^ ($0 >> 8) &* 31 &+ seed &* 101 &+ 1) }
}

func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
