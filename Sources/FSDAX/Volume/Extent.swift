/// What an extent of a file stands for.
enum ExtentState: UInt8 {
  /// Blocks with data.
  case written
  /// Blocks without data; they read as zeros.
  case unwritten
  /// Space that is promised; there are no blocks yet.
  case delayed
}

/// Neighbouring blocks of a file on neighbouring device blocks, in 16 bytes.
struct Extent: Hashable, BitwiseCopyable, Sendable {
  /// The first file block.
  var first: UInt64
  /// The first device block; zero for a delayed extent.
  var device: UInt32
  /// The state in the upper two bits, the count below.
  private var countAndState: UInt32

  /// More blocks than this do not fit into one extent.
  static let countLimit: UInt32 = 1 << 30 - 1

  /// An extent from its parts.
  @inline(__always)
  init(first: UInt64, device: UInt32, count: UInt32, state: ExtentState) {
    precondition(count &- 1 < Self.countLimit, "the count of an extent has 30 bits")
    self.first = first
    self.device = state == .delayed ? 0 : device
    countAndState = count | UInt32(truncatingIfNeeded: state.rawValue) &<< 30
  }

  /// Blocks.
  @inline(__always)
  var count: UInt32 {
    get { countAndState & (1 << 30 - 1) }
    set {
      precondition(newValue &- 1 < Self.countLimit, "the count of an extent has 30 bits")
      countAndState = countAndState & ~(1 << 30 - 1) | newValue
    }
  }

  /// What the extent stands for.
  @inline(__always)
  var state: ExtentState {
    get {
      switch countAndState &>> 30 {
      case 0: .written
      case 1: .unwritten
      default: .delayed
      }
    }
    set { countAndState = count | UInt32(truncatingIfNeeded: newValue.rawValue) &<< 30 }
  }

  /// The file block behind the last one.
  @inline(__always)
  var end: UInt64 { first &+ UInt64(truncatingIfNeeded: count) }

  /// The part in a range of file blocks, which meets the extent.
  @inline(__always)
  func clipped(to range: Range<UInt64>) -> Extent {
    let low = max(first, range.lowerBound)
    let high = min(end, range.upperBound)
    precondition(low < high, "the range does not meet the extent")
    var part = self
    part.first = low
    if state != .delayed { part.device = device &+ UInt32(truncatingIfNeeded: low &- first) }
    part.countAndState =
      countAndState & ~(1 << 30 - 1) | UInt32(truncatingIfNeeded: high &- low)
    return part
  }

  /// Whether another extent goes on where this one ends, in the file and on the device.
  @inline(__always)
  func isContinued(by next: Extent) -> Bool {
    guard end == next.first, (countAndState ^ next.countAndState) &>> 30 == 0 else { return false }
    return state == .delayed || device &+ count == next.device
  }
}

extension Extent: TreeRecord {
  @inline(__always)
  static func precedes(_ left: Extent, _ right: Extent) -> Bool { left.first < right.first }
}
