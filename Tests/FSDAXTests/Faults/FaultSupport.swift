@testable import FSDAX

/// A volume with files to fault on, and ways to look inside.
struct FaultBed {
  static let page = 4096
  static let huge = 2 << 20
  let volume: Volume

  init(
    _ profile: Profile = .strict, byteCount: Int = 16 << 20,
    tracking: ShareTracking = .shareCount, copyMode: CopyMode = .pmem,
    alwaysCopies: Bool = false, groupCount: Int = 1
  ) throws {
    var options = VolumeOptions(byteCount: byteCount)
    options.device.copyMode = copyMode
    options.profile = profile
    options.tracking = tracking
    options.alwaysCopiesOnWrite = alwaysCopies
    options.groupCount = groupCount
    volume = try Volume(options)
  }

  /// A file whose bytes are all alike.
  func file(_ value: UInt8, byteCount: Int = page) throws -> FileID {
    let file = try volume.create()
    try write(file, value, byteCount: byteCount)
    return file
  }

  func write(_ file: FileID, _ value: UInt8, at position: Int = 0, byteCount: Int = page) throws {
    let bytes = [UInt8](repeating: value, count: byteCount)
    try volume.write(file, at: position, bytes.span.bytes)
  }

  func read(_ file: FileID, at position: Int = 0, byteCount: Int = page) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: byteCount)
    let count = try bytes.withUnsafeMutableBytes { try volume.read(file, at: position, into: $0) }
    return Array(bytes[..<count])
  }

  /// A new file with references to all blocks of another one, as a clone has them.
  func sharer(of source: FileID, writesBack: Bool = true) throws -> FileID {
    let file = try volume.create()
    let old = try volume.inode(source)
    let new = try volume.inode(file)
    let ledger = volume.ledgers.mine
    if writesBack { try volume.sync(source) }
    var next: UInt64 = 0
    while let extent = old.data.extent(atOrAfter: next) {
      guard volume.share(extent, with: new, at: extent.first, ledger) else { throw Errno.ENOSPC }
      new.data.insert(extent)
      next = extent.end
    }
    old.isReflink = true
    new.isReflink = true
    new.size = old.size
    return file
  }

  func area(
    _ file: FileID, pages: Int = 1, at position: Int = 0, address: Int = 1 << 32,
    isPrivate: Bool = false, isSynchronous: Bool = false
  ) throws -> VirtualArea {
    try volume.makeArea(
      file, at: position, pageCount: pages, address: address, isPrivate: isPrivate,
      isSynchronous: isSynchronous)
  }

  func fault(_ area: VirtualArea, _ page: Int = 0, write: Bool, order: Int = 0) -> FaultOutcome {
    volume.fault(area, page: page, isWrite: write, order: order)
  }

  func entry(_ file: FileID, _ index: UInt64 = 0) throws -> PlacedEntry? {
    try volume.inode(file).entries.covering(index)
  }

  func isCowEmpty(_ file: FileID) throws -> Bool { try volume.inode(file).cow.isEmpty }

  func pages(_ file: FileID) throws -> Int { try volume.inode(file).entries.pageCount }

  /// The device block of a file's page.
  func block(_ file: FileID, _ index: UInt64 = 0) throws -> Int? {
    try volume.inode(file).data.extent(containing: index).map {
      Int($0.device) + Int(index - $0.first)
    }
  }

  func poison(block: Int) { volume.device.badBlocks.insert(block << 3..<block << 3 + 1) }

  func load(_ area: VirtualArea, at offset: Int = 0, count: Int = 1) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    try bytes.withUnsafeMutableBytes { buffer in
      var span = buffer.mutableBytes
      try volume.load(area, at: offset, into: &span)
    }
    return bytes
  }

  func store(_ area: VirtualArea, _ value: UInt8, at offset: Int = 0, count: Int = 1) throws {
    let bytes = [UInt8](repeating: value, count: count)
    try volume.store(area, at: offset, bytes.span.bytes)
  }
}
