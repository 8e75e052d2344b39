/// The bytes that a step with a seed writes: a function of seed and position alone.
///
/// Seed 0 is zeros, which are to dedupe with holes. Even seeds repeat in every block, so that
/// blocks at different places are equal; odd ones differ from place to place, so that a block in
/// the wrong place shows.
public enum TracePayload {
  /// One byte.
  ///
  /// - Parameters:
  ///   - seed: The seed of the step.
  ///   - position: The byte's position in the file.
  /// - Returns: Never 0 but for seed 0.
  @inline(__always)
  public static func byte(seed: Int, position: Int) -> UInt8 {
    if seed == 0 { return 0 }
    let place = UInt64(truncatingIfNeeded: seed & 1 == 0 ? position & 4095 : position)
    var mixed = (place &+ UInt64(truncatingIfNeeded: seed) << 40) &* 0x9e37_79b9_7f4a_7c15
    mixed ^= mixed >> 29
    return UInt8(truncatingIfNeeded: mixed >> 32) | 1
  }

  /// The bytes of a range.
  ///
  /// - Parameters:
  ///   - seed: The seed of the step.
  ///   - position: The first byte's position in the file.
  ///   - byteCount: Bytes.
  /// - Returns: The bytes.
  public static func bytes(seed: Int, position: Int, byteCount: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    if seed == 0 { return bytes }
    for index in bytes.indices { bytes[index] = byte(seed: seed, position: position &+ index) }
    return bytes
  }
}
