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
    var left = calls
    let (source, target) = unsafe (operands.source, operands.target)
    let (units, unitByteCount) = unsafe (operands.units, operands.unitByteCount)
    let sourceMask = unsafe operands.sourceMask
    while left > 0 {
      for place in unsafe operands.take(&left) {
        let offset = unsafe Int(units[place]) &* unitByteCount
        unsafe routine(target + offset, source + (offset & sourceMask), byteCount)
        unsafe cpersist_clobber(target)
      }
    }
  }

  /// Compares one pair of blocks a call.
  @inline(never)
  public static func compare(
    _ routine: CompareFunction, _ operands: inout LoopOperands, byteCount: Int, calls: Int
  ) {
    var left = calls
    let (source, target) = unsafe (operands.source, operands.target)
    let (units, unitByteCount) = unsafe (operands.units, operands.unitByteCount)
    while left > 0 {
      for place in unsafe operands.take(&left) {
        let offset = unsafe Int(units[place]) &* unitByteCount
        let found = unsafe routine(source + offset, target + offset, byteCount)
        cpersist_consume(found)
        unsafe cpersist_clobber(target)
      }
    }
  }

  /// Zeroes one block a call.
  @inline(never)
  public static func zero(
    _ routine: ZeroFunction, _ operands: inout LoopOperands, byteCount: Int, calls: Int
  ) {
    var left = calls
    let target = unsafe operands.target
    let (units, unitByteCount) = unsafe (operands.units, operands.unitByteCount)
    while left > 0 {
      for place in unsafe operands.take(&left) {
        let offset = unsafe Int(units[place]) &* unitByteCount
        unsafe routine(target + offset, byteCount)
        unsafe cpersist_clobber(target)
      }
    }
  }

  /// Dirties every line of one block, writes the block back, and fences, each call.
  @inline(never)
  public static func flush(
    _ routine: FlushFunction, _ operands: inout LoopOperands, byteCount: Int, lineByteCount: Int,
    calls: Int
  ) {
    var left = calls
    let target = unsafe operands.target
    let (units, unitByteCount) = unsafe (operands.units, operands.unitByteCount)
    while left > 0 {
      for place in unsafe operands.take(&left) {
        let offset = unsafe Int(units[place]) &* unitByteCount
        let block = unsafe target + offset
        var line = 0
        while line < byteCount {
          unsafe (block + line).storeBytes(of: UInt64(truncatingIfNeeded: left), as: UInt64.self)
          line &+= lineByteCount
        }
        unsafe cpersist_clobber(block)
        unsafe routine(block, byteCount)
        cpersist_fence()
      }
    }
  }

  /// Writes `length` bytes at `head` into one fresh block of `size` bytes a call, its edges filled
  /// from the source block, or with zeros when `sourceIsHole`.
  @inline(never)
  public static func edgeCopy(
    _ routine: EdgeCopyFunction, _ operands: inout LoopOperands, data: UnsafeRawPointer,
    sourceIsHole: Bool, head: Int, length: Int, size: Int, calls: Int
  ) {
    var left = calls
    let (source, target) = unsafe (operands.source, operands.target)
    let (units, unitByteCount) = unsafe (operands.units, operands.unitByteCount)
    let sourceMask = unsafe operands.sourceMask
    while left > 0 {
      for place in unsafe operands.take(&left) {
        let offset = unsafe Int(units[place]) &* unitByteCount
        let old = unsafe sourceIsHole ? nil : source + (offset & sourceMask)
        unsafe routine(target + offset, old, data, head, length, size)
        unsafe cpersist_clobber(target)
      }
    }
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
    unsafe copy(cpersist_empty, &operands, byteCount: 0, calls: calls)
  }
}
