internal import HotCore
internal import Synchronization

/// What a volume counts, always.
public enum LedgerCount: Int, CaseIterable, Sendable {
  // Bytes that edge copies took from old blocks, and zeroed where there were none.
  case edgeBytesCopied, edgeBytesZeroed
  // Bytes from the user to the device, with those of recovery writes, and from it to the user.
  case bytesWritten, bytesRecovered, bytesRead
  // Zeros given to a reader for holes; no byte of the device moves.
  case zerosRead
  // Bytes zeroed on the device by zeroing, truncating and allocating.
  case bytesZeroed
  // Bytes copied by unsharing and by faults; by private faults into anonymous pages.
  case unshareBytesCopied, faultBytesCopied, faultBytesZeroed, privateBytesCopied
  // Bytes compared up to and including the differing chunk, and the compare calls for them.
  case bytesCompared, compareCalls
  // Cache lines written back by any routine but streaming ones, which count their bytes.
  case linesFlushed, bytesStreamed, fences
  // Calls of the iomap protocol.
  case begins, ends, failedBegins
  // Faults: by size, by weight, those that copied, and those given back to smaller pages.
  case pteFaults, pmdFaults, majorFaults, minorFaults, cowFaults, fallbacks
  // Waits for a locked entry.
  case entryWaits
  // Reference counts changed, blocks taken and given back, extents remapped by clone and dedupe.
  case refcountUpdates, blocksAllocated, blocksFreed, extentsRemapped
  // Checksums made before publication (Btrfs).
  case bytesChecksummed
}

/// Exact counts of one volume since it was made.
public struct Ledger: Hashable, Sendable {
  private var counts = [Int](repeating: 0, count: LedgerCount.allCases.count)

  /// All zero.
  public init() {}

  /// One count.
  public subscript(_ count: LedgerCount) -> Int {
    get { counts[count.rawValue] }
    set { counts[count.rawValue] = newValue }
  }

  /// Bytes that really moved on or onto the device: copied, written and zeroed.
  public var bytesMoved: Int {
    self[.edgeBytesCopied] + self[.edgeBytesZeroed] + self[.bytesWritten] + self[.bytesRead]
      + self[.bytesZeroed] + self[.unshareBytesCopied] + self[.faultBytesCopied]
      + self[.faultBytesZeroed] + self[.privateBytesCopied]
  }

  /// What was added since an earlier ledger.
  public static func - (later: Ledger, earlier: Ledger) -> Ledger {
    var difference = Ledger()
    for count in LedgerCount.allCases { difference[count] = later[count] - earlier[count] }
    return difference
  }
}

/// The counters of a volume: a stripe for each thread, so that counting shares no cache line.
@safe struct LedgerTable: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is immutable and what it points to is atomic.
  private static let stripeCount = 64
  private static let stripeLength = 64
  private let counters: UnsafeMutablePointer<Atomic<Int>>

  init() {
    let total = Self.stripeCount * Self.stripeLength
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: total * MemoryLayout<Int>.stride, alignment: 64)
    unsafe counters = bytes.bindMemory(to: Atomic<Int>.self, capacity: total)
    for index in 0..<total { unsafe (counters + index).initialize(to: Atomic(0)) }
  }

  deinit { unsafe counters.deallocate() }

  /// The calling thread's stripe, or the last one, which late threads share.
  @inline(__always) var mine: LedgerStripe {
    let index = threadIndex()
    let isOwned = index >= 0 && index < Self.stripeCount - 1
    let stripe = isOwned ? index : Self.stripeCount - 1
    // SAFETY: the stripe lies inside the allocation.
    return unsafe LedgerStripe(counters: counters + stripe * Self.stripeLength, isOwned: isOwned)
  }

  /// The sums over all threads.
  var totals: Ledger {
    var ledger = Ledger()
    for stripe in 0..<Self.stripeCount {
      for count in LedgerCount.allCases {
        // SAFETY: both indices are in bounds.
        ledger[count] += unsafe counters[stripe * Self.stripeLength + count.rawValue]
          .load(ordering: .relaxed)
      }
    }
    return ledger
  }
}

/// One thread's counters.
@safe struct LedgerStripe {
  fileprivate let counters: UnsafeMutablePointer<Atomic<Int>>
  fileprivate let isOwned: Bool

  /// Adds to a count: a load and a store where no other thread writes.
  @inline(__always) func add(_ count: LedgerCount, _ amount: Int = 1) {
    // SAFETY: the table outlives the operation that took the stripe; a count is below 64.
    if isOwned {
      let old = unsafe counters[count.rawValue].load(ordering: .relaxed)
      unsafe counters[count.rawValue].store(old &+ amount, ordering: .relaxed)
    } else {
      unsafe counters[count.rawValue].wrappingAdd(amount, ordering: .relaxed)
    }
  }
}
