import Synchronization
import Testing

@testable import FSDAX

/// A Btrfs volume with what the tests ask of it over and over.
struct BtrfsBench: Sendable {
  enum Kind: CaseIterable { case plain, nodatacow, summed }

  let volume: Volume

  init(blockCount: Int = 2048, groupCount: Int? = 1, profile: Profile = .strict) throws {
    var options = VolumeOptions(byteCount: blockCount << 12)
    options.personality = .btrfs
    options.groupCount = groupCount
    options.profile = profile
    volume = try Volume(options)
  }

  func file(_ kind: Kind) throws -> FileID {
    var attributes = FileAttributes()
    attributes.isNodatacow = kind == .nodatacow
    attributes.isNodatasum = kind != .summed
    return try volume.create(attributes)
  }

  @discardableResult
  func write(_ file: FileID, _ position: Int, _ bytes: [UInt8], noWait: Bool = false) throws -> Int
  {
    try bytes.withUnsafeBytes {
      try unsafe volume.write(file, at: position, $0, noWait ? .noWait : [])
    }
  }

  @discardableResult
  func fill(_ file: FileID, _ blocks: Range<Int>, _ value: UInt8) throws -> Int {
    try write(file, blocks.lowerBound << 12, [UInt8](repeating: value, count: blocks.count << 12))
  }

  func read(_ file: FileID, _ position: Int, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: count)
    let done = try bytes.withUnsafeMutableBytes {
      try unsafe volume.read(file, at: position, into: $0)
    }
    return Array(bytes[..<done])
  }

  func contents(_ file: FileID) throws -> [UInt8] { try read(file, 0, try volume.size(of: file)) }

  /// Takes all but so many blocks away.
  func leave(_ count: Int) throws {
    let hog = try file(.plain)
    let free = volume.groups.freeBlockCount - count
    try volume.allocate(hog, at: 0, byteCount: free << 12)
    #expect(volume.groups.freeBlockCount == count)
  }

  func inode(_ file: FileID) throws -> Inode { try volume.inode(file) }

  /// The device block behind a file block, or nil.
  func device(_ file: FileID, _ block: Int) throws -> UInt32? {
    try inode(file).data.extent(atOrAfter: UInt64(block), limit: UInt64(block) + 1).map {
      $0.device + UInt32(UInt64(block) - $0.first)
    }
  }

  func extents(_ inode: Inode) -> [Extent] {
    var found: [Extent] = []
    var next: UInt64 = 0
    while let extent = inode.data.extent(atOrAfter: next, limit: .max) {
      found.append(extent)
      next = extent.end
    }
    return found
  }

  func counts(_ file: FileID, _ blocks: Range<Int>) throws -> [UInt32] {
    try blocks.compactMap { block in
      try device(file, block).map { volume.groups[volume.groups.index(of: $0)].state.count(of: $0) }
    }
  }

  /// Damages one byte of the medium.
  func corrupt(_ block: UInt32, at offset: Int) {
    // SAFETY: the block lies on the device; no other thread is there.
    unsafe (volume.device.base + Int(block) << 12 + offset)
      .assumingMemoryBound(to: UInt8.self).pointee ^= 0x10
  }

  /// Reference counts, free space, staging and checksums, each against what the files say.
  func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
    var references = [UInt32](repeating: 0, count: volume.device.pageCount)
    for number in volume.inodes.numbers {
      guard let inode = volume.inodes.inode(number) else { continue }
      let hasStaging = !inode.cow.isEmpty
      #expect(!hasStaging, "staging is left", sourceLocation: sourceLocation)
      for extent in extents(inode) {
        for block in extent.deviceBlocks {
          references[Int(block)] += 1
          let recorded = volume.btrfs.checksums.recorded(block)
          let isSummed = volume.hasChecksums(inode) && extent.state == .written
          let actual = volume.btrfs.checksums.compute(block, volume.device)
          #expect(recorded == (isSummed ? actual : nil), sourceLocation: sourceLocation)
        }
      }
    }
    var used = volume.groups.count
    var wrong: [Int] = []
    for block in references.indices where block % volume.groups.blocksPerGroup != 0 {
      let group = volume.groups[volume.groups.index(of: UInt32(block))]
      if group.state.count(of: UInt32(block)) != references[block] { wrong.append(block) }
      if references[block] > 0 { used += 1 }
    }
    #expect(wrong.isEmpty, "reference counts", sourceLocation: sourceLocation)
    #expect(
      volume.groups.freeBlockCount == volume.device.pageCount - used,
      sourceLocation: sourceLocation)
    #expect(
      volume.btrfs.reservedBlockCount.load(ordering: .relaxed) == 0,
      sourceLocation: sourceLocation)
  }
}

/// Splitmix: the same numbers from the same seed everywhere.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}

func failure(_ body: () throws -> Void) -> Errno? {
  do {
    try body()
    return nil
  } catch {
    return (error as? FSDAXError)?.errno ?? error as? Errno
  }
}
