/// Where a timed loop finds the operands of its next call: a rotation over blocks of two regions.
///
/// The n-th call works on the block at `source + sourceUnits[n] * unitByteCount` and its partner
/// at `target + targetUnits[n] * unitByteCount`; after the last block the rotation begins again,
/// and it goes on where the batch before stopped, so that a large rotation is never warm.
///
/// - Safety: all four pointers outlive every loop run; each unit plus the call's byte count lies in
///   its region. The owner of the regions guarantees it.
@unsafe public struct LoopOperands {
  /// First byte of the source region.
  public var source: UnsafeRawPointer
  /// First byte of the target region.
  public var target: UnsafeMutableRawPointer
  /// Block of the source for each place in the rotation.
  public var sourceUnits: UnsafePointer<UInt32>
  /// Block of the target for each place in the rotation.
  public var targetUnits: UnsafePointer<UInt32>
  /// Places in the rotation.
  public var unitCount: Int
  /// Bytes from one unit to the next.
  public var unitByteCount: Int
  /// The next place.
  public var cursor = 0

  /// Operands at the beginning of their rotation.
  public init(
    source: UnsafeRawPointer, target: UnsafeMutableRawPointer,
    sourceUnits: UnsafePointer<UInt32>, targetUnits: UnsafePointer<UInt32>, unitCount: Int,
    unitByteCount: Int
  ) {
    precondition(unitCount > 0, "a rotation has at least one place")
    unsafe self.source = unsafe source
    unsafe self.target = unsafe target
    unsafe self.sourceUnits = unsafe sourceUnits
    unsafe self.targetUnits = unsafe targetUnits
    unsafe self.unitCount = unitCount
    unsafe self.unitByteCount = unitByteCount
  }

  /// Source and target of the next call; moves on.
  @inline(__always)
  mutating func next() -> (source: UnsafeRawPointer, target: UnsafeMutableRawPointer) {
    let from = unsafe source + Int(sourceUnits[cursor]) &* unitByteCount
    let to = unsafe target + Int(targetUnits[cursor]) &* unitByteCount
    unsafe cursor &+= 1
    if unsafe cursor == unitCount { unsafe cursor = 0 }
    return unsafe (from, to)
  }
}
