internal import FSDAX
internal import HotCore

/// A volume to exercise, with the files every exercise of it starts from.
///
/// `masters` hold random bytes and are only read and cloned. There is one for each thread, so that
/// threads share no allocation group: what they then still share, the model makes them share.
@safe final class ModelVolume {
  let volume: Volume
  let masters: [FileID]
  /// Bytes of a master: twice the last-level cache, so that a walk over it finds nothing cached.
  let masterByteCount: Int
  /// Bytes of a plain file.
  let plainByteCount = 32 << 20
  private let user: Arena
  private var plain: [Int: FileID] = [:]

  /// Bytes of the user's memory, whose bytes a master repeats.
  static let userByteCount = 16 << 20
  static let blockByteCount = 4096

  /// What distinguishes the volumes of a worker.
  struct Design: Hashable {
    var routine: String
    /// Bytes of a single master that no caller clones whole, or nil for masters of a usual size.
    var bigByteCount: Int?
    /// Whether files of other extents refer to the masters' blocks, and are owners of them.
    var isForRanges = false
    /// Whether frames are mapped for real.
    var isMappable = false
    /// Whether it has one master and little room beside it.
    ///
    /// Faulting memory in is most of what getting a worker ready takes; a duel starts up to six.
    var isLean = false

    fileprivate var masterCount: Int { isLean || bigByteCount != nil ? 1 : 2 }
  }

  /// Makes the volume and fills its masters.
  init(_ design: Design, topology: CacheTopology) throws(CellException) {
    let masterCount = design.masterCount
    masterByteCount = min(max(2 * topology.llcByteCount, 64 << 20), 512 << 20)
    do throws(ArenaError) {
      user = try Arena(.transparentHuge, byteCount: Self.userByteCount)
    } catch {
      throw .failed(error.description)
    }
    let room = design.isLean ? 64 << 20 : 192 << 20
    let usual = (masterCount + 1) * (masterByteCount + (8 << 20)) + room
    var options = VolumeOptions(byteCount: design.bigByteCount.map { $0 + $0 / 16 } ?? usual)
    try Self.checkMemory(options.device.byteCount)
    options.groupCount = design.bigByteCount == nil ? nil : 1
    options.device.isMappable = design.isMappable
    options.apply(design.routine)
    do throws(FSDAXError) {
      volume = try Volume(options)
    } catch {
      switch error.errno {
      case .ENOMEM: throw .skipped("\(options.device.byteCount >> 20) MiB of memory are not free")
      case .EOPNOTSUPP:
        throw .skipped("this processor cannot run the routine '\(options.device.routine)'")
      default: throw .failed(error.description)
      }
    }
    var generator = RandomBytes(seed: 0xda8)
    // SAFETY: the arena has these bytes, and nobody else knows them yet.
    unsafe generator.fill(user.base, byteCount: Self.userByteCount)
    var made: [FileID] = []
    do throws(FSDAXError) {
      for _ in 0..<masterCount {
        let file = try volume.create()
        try unsafe volume.fill(
          file, byteCount: design.bigByteCount ?? masterByteCount,
          from: UnsafeRawBufferPointer(start: user.base, count: Self.userByteCount))
        made.append(file)
      }
    } catch {
      throw .failed(error.description)
    }
    masters = made
  }

  /// Faulting in more memory than there is ends processes instead of failing, so it is asked first.
  private static func checkMemory(_ byteCount: Int) throws(CellException) {
    let spare = 1 << 30
    let line = SystemFiles.live.text("/proc/meminfo")?.split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }
    guard let line, let kibibytes = Int(line.filter(\.isNumber)) else { return }
    if kibibytes << 10 < byteCount + spare {
      throw .skipped("\(byteCount >> 20) MiB of memory are not free")
    }
  }

  /// A file of a thread that is mapped and stored into, and shares no block but while a cell has it
  /// cloned.
  ///
  /// - Parameter thread: The thread.
  /// - Returns: The file, the same for all cells.
  /// - Throws: `FSDAXError` with ENOSPC.
  func plainFile(_ thread: Int) throws(FSDAXError) -> FileID {
    if let known = plain[thread] { return known }
    let file = try volume.create()
    // SAFETY: the user's memory has more bytes than are written at once.
    try unsafe volume.fill(
      file, byteCount: plainByteCount,
      from: UnsafeRawBufferPointer(start: user.base, count: Self.userByteCount))
    plain[thread] = file
    return file
  }

  /// Stores bytes of the user's memory through a mapping.
  func store(_ area: VirtualArea, at offset: Int, byteCount: Int) throws(FSDAXError) {
    // SAFETY: the user's memory has the bytes.
    let bytes = unsafe RawSpan(_unsafeStart: user.base, byteCount: byteCount)
    try volume.store(area, at: offset, bytes, order: byteCount == 2 << 20 ? 9 : 0)
  }

  /// The user's memory: random bytes to write, and room to read into.
  ///
  /// - Safety: valid while the volume's exercises live; threads keep to bytes of their own.
  @unsafe var userBytes: UnsafeMutableRawPointer { unsafe user.base }
}

extension VolumeOptions {
  /// What a routine's name asks of a volume.
  fileprivate mutating func apply(_ routine: String) {
    switch routine {
    case "upstream":
      profile = .upstream
      device.routine = "movnti"
    case "h3": profile = Profile(hazards: .unflushedEdges)
    case "h8": profile = Profile(hazards: .copyBeforeOverwrite)
    case "btrfs": personality = .btrfs
    case "direct-owners": tracking = .ownerTree
    case "direct-shadow": tracking = .shadowPages
    default: break
    }
  }
}

extension Volume {
  /// Gives a file blocks in 2 MiB runs where it can, and writes bytes into them, again and again.
  fileprivate func fill(
    _ file: FileID, byteCount: Int, from bytes: UnsafeRawBufferPointer
  ) throws(FSDAXError) {
    try allocate(file, at: 0, byteCount: byteCount)
    var position = 0
    while position < byteCount {
      let count = min(bytes.count, byteCount - position)
      // SAFETY: `count` bytes of the buffer are readable, as its owner promised.
      try unsafe write(file, at: position, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      position += count
    }
  }
}

extension RandomBytes {
  /// Fills memory.
  ///
  /// - Safety: `byteCount` bytes at `start` are the caller's.
  @unsafe fileprivate mutating func fill(_ start: UnsafeMutableRawPointer, byteCount: Int) {
    var span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: byteCount)
    fill(&span)
  }
}
