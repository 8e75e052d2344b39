/// Well-mixed numbers from a counter; the seeder of other generators.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator that gives the same numbers for the same seed, in every version.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A fast deterministic source of bytes: xoshiro256**.
///
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", 2018.
public struct RandomBytes: RandomNumberGenerator, Sendable {
  private var a, b, c, d: UInt64

  /// A source that gives the same bytes for the same seed, in every version.
  public init(seed: UInt64) {
    var seeder = SplitMix64(seed: seed)
    a = seeder.next()
    b = seeder.next()
    c = seeder.next()
    d = seeder.next()
  }

  /// The next eight bytes.
  public mutating func next() -> UInt64 {
    let scaled = b &* 5
    let result = ((scaled << 7) | (scaled >> 57)) &* 9
    let shifted = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 45) | (d >> 19)
    return result
  }

  /// Fills a range with the next bytes, the lowest byte of each number first.
  ///
  /// Any alignment and length. A last partial word uses up a whole number.
  public mutating func fill(_ bytes: inout MutableRawSpan) {
    let byteCount = bytes.byteCount
    // SAFETY: each offset stored to lies below `byteCount`, which the span vouches for.
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var generator = self  // in registers: `self` could alias the bytes
      var offset = 0
      while offset &+ 8 <= byteCount {
        unsafe (base + offset).storeBytes(of: generator.next().littleEndian, as: UInt64.self)
        offset &+= 8
      }
      if offset < byteCount {
        var rest = generator.next()
        while offset < byteCount {
          let byte = UInt8(truncatingIfNeeded: rest)
          unsafe base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
          rest >>= 8
          offset &+= 1
        }
      }
      self = generator
    }
  }
}
