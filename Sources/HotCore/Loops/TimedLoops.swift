internal import CPersist

/// The loops inside the clock readings.
///
/// One call of these a batch; the routine is called through its pointer every time, and a barrier
/// keeps the compiler from moving or merging calls.
///
/// Nothing here allocates, checks, formats or knows what it measures. `make asm` holds that each
/// loop still contains its call.
///
/// - Safety: operands as `LoopOperands` demands, for blocks of the byte counts passed.
@unsafe public enum TimedLoops {
  /// Copies one block a call.
  @inline(never)
  public static func copy(
    _ routine: CopyFunction, _ operands: inout LoopOperands, byteCount: Int, calls: Int
  ) {
    var state = unsafe operands
    for _ in 0..<calls {
      let (source, target) = unsafe state.next()
      unsafe routine(target, source, byteCount)
      unsafe cpersist_clobber(target)
    }
    unsafe operands = unsafe state
  }

  /// Compares one pair of blocks a call.
  @inline(never)
  public static func compare(
    _ routine: CompareFunction, _ operands: inout LoopOperands, byteCount: Int, calls: Int
  ) {
    var state = unsafe operands
    for _ in 0..<calls {
      let (source, target) = unsafe state.next()
      unsafe cpersist_consume(Int(routine(source, target, byteCount)))
      unsafe cpersist_clobber(target)
    }
    unsafe operands = unsafe state
  }

  /// Zeroes one block a call.
  @inline(never)
  public static func zero(
    _ routine: ZeroFunction, _ operands: inout LoopOperands, byteCount: Int, calls: Int
  ) {
    var state = unsafe operands
    for _ in 0..<calls {
      let target = unsafe state.next().target
      unsafe routine(target, byteCount)
      unsafe cpersist_clobber(target)
    }
    unsafe operands = unsafe state
  }

  /// Dirties every line of one block, writes the block back, and fences, each call.
  @inline(never)
  public static func flush(
    _ routine: FlushFunction, _ operands: inout LoopOperands, byteCount: Int, lineByteCount: Int,
    calls: Int
  ) {
    var state = unsafe operands
    for call in 0..<calls {
      let target = unsafe state.next().target
      var offset = 0
      while offset < byteCount {
        unsafe (target + offset).storeBytes(of: UInt64(truncatingIfNeeded: call), as: UInt64.self)
        offset &+= lineByteCount
      }
      unsafe cpersist_clobber(target)
      unsafe routine(target, byteCount)
      cpersist_fence()
    }
    unsafe operands = unsafe state
  }

  /// Writes `length` bytes at `head` into one fresh block of `size` bytes a call, its edges filled
  /// from the source block, or with zeros when `sourceIsHole`.
  @inline(never)
  public static func edgeCopy(
    _ routine: EdgeCopyFunction, _ operands: inout LoopOperands, data: UnsafeRawPointer,
    sourceIsHole: Bool, head: Int, length: Int, size: Int, calls: Int
  ) {
    var state = unsafe operands
    for _ in 0..<calls {
      let (source, target) = unsafe state.next()
      unsafe routine(target, sourceIsHole ? nil : source, data, head, length, size)
      unsafe cpersist_clobber(target)
    }
    unsafe operands = unsafe state
  }

  /// Compares two ranges a call, extent by extent, up to the first difference.
  ///
  /// The rotation moves on by `step` places after each range: `extentCount` walks ranges one after
  /// another, 1 lets them overlap.
  @inline(never)
  public static func dedupe(
    _ routine: CompareFunction, _ operands: inout LoopOperands, extentByteCount: Int,
    extentCount: Int, step: Int, calls: Int
  ) {
    var state = unsafe operands
    for _ in 0..<calls {
      let start = unsafe state.cursor
      var equal = 0
      for _ in 0..<extentCount {
        let (source, target) = unsafe state.next()
        let same = unsafe Int(routine(source, target, extentByteCount))
        equal &+= same
        if same != extentByteCount { break }
      }
      cpersist_consume(equal)
      let next = start &+ step
      unsafe state.cursor = next < state.unitCount ? next : next &- state.unitCount
    }
    unsafe operands = unsafe state
  }

  /// Makes `calls` calls of an empty routine: what a call costs before it does anything.
  @inline(never)
  public static func floor(_ operands: inout LoopOperands, calls: Int) {
    unsafe copy({ unsafe cpersist_empty($0, $1, $2) }, &operands, byteCount: 0, calls: calls)
  }
}
