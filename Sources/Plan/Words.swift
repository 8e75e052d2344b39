/// What a cell does to memory or to a file.
///
/// The raw values are the words of the CSV files.
public enum Operation: String, CaseIterable, Sendable {
  /// Copy `size_bytes` from source to target.
  case copy
  /// Compare two ranges of `size_bytes`.
  case compare
  /// Fill `size_bytes` with zeros.
  case zero
  /// Write `size_bytes` of dirty cache lines back to memory.
  case flush
  /// Write `length_bytes` at `position_bytes` into a fresh block, and fill the block's other bytes.
  case cowEdge = "cow-edge"
  /// Write aligned whole blocks to a shared extent: nothing is copied, new blocks take its place.
  case cowBlock = "cow-block"
  /// Compare two files' ranges extent by extent.
  case dedupe
  /// Take page faults of one class.
  case fault
  /// Make a range of one file share the blocks of another.
  case clone
  /// Give a file blocks of its own where it shares them.
  case unshare
  /// Write the dirty entries of a mapped file back to memory.
  case writeback
  /// Read a range of a file.
  case read
  /// The cost of the harness itself: an empty routine through the same loop.
  case floor
  /// The cost of reading a clock.
  case clock
  /// A small kernel that never changes again, to which stored ratios refer.
  case reference
  /// The machine's own peak for one kind of work.
  case roofline

  /// Whether the cell belongs to the harness and not to a question a user asked.
  public var isHarness: Bool {
    switch self {
    case .floor, .clock, .reference, .roofline: true
    default: false
    }
  }
}

/// What the source of a copy-on-write holds, in the words of iomap.
public enum SourceState: String, CaseIterable, Sendable {
  /// Data: the edges are copied.
  case mapped
  /// No blocks: the edges are zeroed.
  case hole
  /// Blocks never written, reading as zeros: the edges are zeroed.
  case unwritten
}

/// Where the working set lives when a timed call begins.
public enum CacheState: String, CaseIterable, Sendable {
  /// Source and target stay in the first-level cache.
  case l1
  /// The working set is larger than the private caches and fits the last-level cache.
  case llc
  /// A rotating working set larger than the last-level cache.
  case memory
}

/// What backs the pages of a cell, or the filesystem that holds its files.
public enum MemoryKind: String, CaseIterable, Sendable {
  /// Private anonymous memory.
  case anonymous
  /// A shared memory file without a name.
  case memfd
  /// Preallocated huge pages.
  case hugetlb
  /// Files on XFS.
  case xfs
  /// Files on btrfs.
  case btrfs
  /// Files on ext4.
  case ext4
  /// Files in memory.
  case tmpfs
  /// Files on any other filesystem.
  case file

  /// Whether the cell is about files in a directory.
  public var isFilesystem: Bool {
    switch self {
    case .anonymous, .memfd, .hugetlb: false
    case .xfs, .btrfs, .ext4, .tmpfs, .file: true
    }
  }

  /// The word for a type of filesystem, by the name the kernel gives it.
  public init(filesystem type: String) {
    let word = MemoryKind(rawValue: type)
    self = word?.isFilesystem == true ? word ?? .file : .file
  }
}

/// The page size a cell asks for.
///
/// What it got is a result, not a parameter.
public enum PageRequest: String, CaseIterable, Sendable {
  /// The largest page the machine gives without configuration.
  case any
  /// 4096 bytes.
  case base = "4096"
  /// 2097152 bytes.
  case huge = "2097152"

  /// The size asked for, or nil when any will do.
  public var byteCount: Int? {
    switch self {
    case .any: nil
    case .base: 4096
    case .huge: 2_097_152
    }
  }
}

/// Where the first differing byte of a comparison lies.
public enum Mismatch: String, CaseIterable, Sendable {
  /// The ranges are equal.
  case none
  /// At byte 0.
  case first
  /// At byte `size / 2`.
  case middle
  /// At byte `size - 1`.
  case last
  /// Nowhere: both ranges are the same blocks already.
  case shared
}

/// Which page fault a cell takes.
public enum FaultAccess: String, CaseIterable, Sendable {
  /// A load from a page nobody touched; of a file, from a hole.
  case readUntouched = "read-untouched"
  /// A store to a page nobody touched; of a file, into a hole.
  case firstWrite = "first-write"
  /// A store to a page that was only read so far.
  case writeAfterRead = "write-after-read"
  /// A store to a private mapping of a file page: the kernel copies it.
  case privateCow = "private-cow"
  /// A store to an anonymous page shared with a forked child: the kernel copies it.
  case forkCow = "fork-cow"
  /// A load from a file page that has a block.
  case readMapped = "read-mapped"
  /// A store to a file page whose block no other file shares.
  case writeMapped = "write-mapped"
  /// A store to a file page whose block is shared: the filesystem copies it.
  case sharedCow = "shared-cow"
}
