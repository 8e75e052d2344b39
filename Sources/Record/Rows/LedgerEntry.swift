public import Plan

/// Exact counts of one call of a cell: a row of `ledger.csv`.
///
/// A nil count was not taken.
/// Byte counts come from the operation's geometry. Instruction counts are observed: the call is
/// executed one instruction at a time and each instruction is decoded.
public struct LedgerEntry: Equatable, Sendable {
  /// The cell.
  public var cell: Cell
  /// Bytes copied from a source.
  public var bytesCopied: Int?
  /// Bytes zeroed.
  public var bytesZeroed: Int?
  /// Bytes compared, up to and including the first difference.
  public var bytesCompared: Int?
  /// Cache-line write-back instructions executed (clwb, clflushopt, clflush).
  public var linesWrittenBack: Int?
  /// Bytes stored with non-temporal instructions.
  public var nonTemporalBytes: Int?
  /// Store fences executed.
  public var fences: Int?
  /// Instructions executed.
  public var instructions: Int?
  /// Page faults expected by one call.
  public var faults: Int?
  /// Begin and end calls of the filesystem, in pairs.
  public var beginEndPairs: Int?
  /// Changes of a block's reference count.
  public var refcountUpdates: Int?
  /// Blocks taken from free space.
  public var blocksAllocated: Int?
  /// Extents that changed their place in a file's map.
  public var extentsRemapped: Int?
  /// Faults of a huge page that had to be taken again with a small one.
  public var fallbacks: Int?

  /// A ledger entry without counts.
  public init(cell: Cell) { self.cell = cell }

  /// The names of the counts, in file order.
  public static let countColumns = [
    "bytes_copied", "bytes_zeroed", "bytes_compared", "lines_written_back", "nontemporal_bytes",
    "fences", "instructions", "faults", "begin_end_pairs", "refcount_updates", "blocks_allocated",
    "extents_remapped", "fallbacks",
  ]

  /// The counts of a filesystem, which schema 1 does not have.
  static let columnsSinceVersion2 = Set(countColumns.drop { $0 != "begin_end_pairs" })

  /// The counts, aligned with `countColumns`.
  public var counts: [Int?] {
    get {
      [
        bytesCopied, bytesZeroed, bytesCompared, linesWrittenBack, nonTemporalBytes, fences,
        instructions, faults, beginEndPairs, refcountUpdates, blocksAllocated, extentsRemapped,
        fallbacks,
      ]
    }
    set {
      precondition(newValue.count == Self.countColumns.count, "one value for each count")
      bytesCopied = newValue[0]
      bytesZeroed = newValue[1]
      bytesCompared = newValue[2]
      linesWrittenBack = newValue[3]
      nonTemporalBytes = newValue[4]
      fences = newValue[5]
      instructions = newValue[6]
      faults = newValue[7]
      beginEndPairs = newValue[8]
      refcountUpdates = newValue[9]
      blocksAllocated = newValue[10]
      extentsRemapped = newValue[11]
      fallbacks = newValue[12]
    }
  }
}
