import Testing

@testable import FSDAX

/// A volume with helpers for clones and dedupes.
struct RemapFixture {
  let volume: Volume

  init(
    _ profile: Profile = .strict, byteCount: Int = 8 << 20,
    _ change: (inout VolumeOptions) -> Void = { _ in }
  ) throws {
    var options = VolumeOptions(byteCount: byteCount)
    options.profile = profile
    change(&options)
    volume = try Volume(options)
  }

  /// A file of the bytes, or without any.
  func file(
    _ bytes: [UInt8] = [], _ change: (inout FileAttributes) -> Void = { _ in }
  ) throws -> FileID {
    let file = try volume.create()
    if !bytes.isEmpty { try write(bytes, to: file, at: 0) }
    try volume.setAttributes(of: file, change)
    return file
  }

  func write(_ bytes: [UInt8], to file: FileID, at position: Int) throws {
    let count = try bytes.withUnsafeBytes { try volume.write(file, at: position, $0) }
    #expect(count == bytes.count)
  }

  func bytes(_ file: FileID) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: try volume.size(of: file))
    let count = try bytes.withUnsafeMutableBytes { try volume.read(file, at: 0, into: $0) }
    #expect(count == bytes.count)
    return bytes
  }

  func open(
    _ file: FileID, read: Bool = true, write: Bool = true, append: Bool = false
  ) -> OpenFile {
    OpenFile(file, on: volume, canRead: read, canWrite: write, isAppend: append)
  }

  /// Clones, and gives the bytes or the error.
  func clone(
    _ source: FileID, _ position: Int, _ byteCount: Int, _ target: FileID, _ targetPosition: Int,
    canShorten: Bool = false, caller: Caller = .administrator
  ) -> Result<Int, Errno> {
    outcome {
      try volume.clone(
        from: open(source), at: position, byteCount: byteCount, to: open(target),
        at: targetPosition, canShorten: canShorten, caller: caller)
    }
  }

  /// Dedupes one target.
  func dedupe(
    _ source: FileID, _ position: Int, _ byteCount: Int, _ target: FileID, _ targetPosition: Int
  ) throws -> DedupeResult {
    let results = try volume.dedupe(
      from: open(source), at: position, byteCount: byteCount,
      targets: [(open(target), targetPosition)])
    return try #require(results.first)
  }

  /// The extents of a file.
  func extents(_ file: FileID) throws -> [Extent] {
    let inode = try volume.inode(file)
    var extents: [Extent] = []
    var next: UInt64 = 0
    while let extent = inode.data.extent(atOrAfter: next) {
      extents.append(extent)
      next = extent.end
    }
    return extents
  }

  /// The device block behind a file block, or nil in a hole.
  func block(_ file: FileID, _ index: Int) throws -> UInt32? {
    guard let extent = try volume.inode(file).data.extent(containing: UInt64(index)) else {
      return nil
    }
    return extent.device + UInt32(UInt64(index) - extent.first)
  }

  /// How many references each block of a file has; zero for a hole.
  func counts(_ file: FileID, blocks: Int) throws -> [UInt32] {
    try (0..<blocks).map { index in
      guard let block = try block(file, index) else { return 0 }
      return volume.groups[volume.groups.index(of: block)].state.count(of: block)
    }
  }

  /// Stores bytes on the medium behind a file's block.
  func overwriteMedium(_ file: FileID, _ index: Int, _ value: UInt8) throws {
    let block = try #require(try block(file, index))
    unsafe (volume.device.base + Int(block) << 12).initializeMemory(
      as: UInt8.self, repeating: value, count: 4096)
  }

  /// Poisons the first sector of a file's block.
  func poison(_ file: FileID, _ index: Int, sector: Int = 0) throws {
    let block = Int(try #require(try block(file, index)))
    volume.device.badBlocks.insert(block << 3 + sector..<block << 3 + sector + 1)
  }

  /// Everything a failed dedupe must leave alone.
  func trace(_ file: FileID) throws -> FileTrace {
    FileTrace(
      bytes: try bytes(file), extents: try extents(file),
      attributes: try volume.attributes(of: file), free: volume.freeByteCount)
  }
}

/// Contents, mapping, times, and the free space of the volume.
struct FileTrace: Equatable {
  let bytes: [UInt8]
  let extents: [Extent]
  let attributes: FileAttributes
  let free: Int
}

/// What an operation of a volume gives, with nothing of its error but the number.
func outcome<Value>(_ body: () throws -> Value) -> Result<Value, Errno> {
  do {
    return .success(try body())
  } catch let error as FSDAXError {
    return .failure(error.errno)
  } catch {
    Issue.record("\(error)")
    return .failure(.EFAULT)
  }
}

/// Bytes that differ from block to block and within each.
func remapPattern(_ count: Int, seed: Int = 1) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ $0 >> 8 &+ seed &* 77) | 1) }
}
