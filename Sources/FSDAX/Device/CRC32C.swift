/// The checksum of Btrfs data blocks: CRC-32C, Castagnoli's polynomial, reflected.
///
/// Eight bytes a step by eight tables. The tables lie in memory of their own: a static array would
/// cost a check for its initialisation and a bounds check for each byte.
@safe struct CRC32C: ~Copyable, @unchecked Sendable {
  // Sendable: the tables are filled once by the initialiser and only read afterwards.
  private static let polynomial: UInt32 = 0x82f6_3b78
  private static let tableCount = 8
  private let tables: UnsafeMutablePointer<UInt32>

  /// Makes the tables.
  init() {
    unsafe tables = .allocate(capacity: Self.tableCount * 256)
    // SAFETY: all indices are below the capacity; each table is made from the one before.
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? Self.polynomial : 0) }
      unsafe (tables + byte).initialize(to: value)
    }
    for index in 256..<Self.tableCount * 256 {
      let before = unsafe tables[index - 256]
      unsafe (tables + index).initialize(to: before >> 8 ^ tables[Int(before & 0xff)])
    }
  }

  deinit { unsafe tables.deallocate() }

  @unsafe @inline(__always) private func look(_ table: Int, _ bits: UInt64) -> UInt32 {
    unsafe tables[table << 8 | Int(truncatingIfNeeded: bits & 0xff)]
  }

  /// The checksum of bytes, with the customary inversion before and after.
  ///
  /// - Safety: `bytes` has `byteCount` readable bytes.
  @unsafe func checksum(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
    var value = ~UInt32(0)
    var offset = 0
    // SAFETY: the caller's promise; table indices are a byte each.
    while offset + 8 <= byteCount {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let mixed = UInt64(littleEndian: word) ^ UInt64(value)
      let low = unsafe look(7, mixed) ^ look(6, mixed >> 8) ^ look(5, mixed >> 16)
      let high = unsafe look(3, mixed >> 32) ^ look(2, mixed >> 40) ^ look(1, mixed >> 48)
      value = unsafe low ^ look(4, mixed >> 24) ^ high ^ look(0, mixed >> 56)
      offset &+= 8
    }
    while offset < byteCount {
      let byte = unsafe bytes.load(fromByteOffset: offset, as: UInt8.self)
      value = unsafe value >> 8 ^ tables[Int((value ^ UInt32(byte)) & 0xff)]
      offset &+= 1
    }
    return ~value
  }
}
