/// The checksum of Btrfs data blocks: CRC-32C, Castagnoli's polynomial, reflected.
///
/// Sixteen bytes a step by sixteen tables: only the first word waits for the step before. The
/// tables lie in memory of their own: a static array would cost a check for its initialisation
/// and a bounds check for each byte.
@safe struct CRC32C: ~Copyable, @unchecked Sendable {
  // Sendable: the tables are filled once by the initialiser and only read afterwards.
  private static let polynomial: UInt32 = 0x82f6_3b78
  private static let tableCount = 16
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

  /// What eight bytes contribute that `table` more bytes follow.
  @unsafe @inline(__always) private func lookAll(_ table: Int, _ word: UInt64) -> UInt32 {
    let low = unsafe look(table + 7, word) ^ look(table + 6, word >> 8)
    let next = unsafe look(table + 5, word >> 16) ^ look(table + 4, word >> 24)
    let high = unsafe look(table + 3, word >> 32) ^ look(table + 2, word >> 40)
    let last = unsafe look(table + 1, word >> 48) ^ look(table, word >> 56)
    return (low ^ next) ^ (high ^ last)
  }

  @unsafe @inline(__always) private func look(_ table: Int, _ bits: UInt64) -> UInt32 {
    // SAFETY: a table's number and a byte together are below the capacity.
    unsafe tables[table &<< 8 | Int(truncatingIfNeeded: bits & 0xff)]
  }

  /// The checksum of bytes, with the customary inversion before and after.
  ///
  /// - Safety: `bytes` has `byteCount` readable bytes.
  @unsafe func checksum(_ bytes: UnsafeRawPointer, _ byteCount: Int) -> UInt32 {
    var value = ~UInt32(0)
    var offset = 0
    // SAFETY: the caller's promise; table indices are a byte each.
    while offset &+ 16 <= byteCount {
      let first = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let second = unsafe bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self)
      let late = unsafe lookAll(0, UInt64(littleEndian: second))
      value = unsafe late ^ lookAll(8, UInt64(littleEndian: first) ^ UInt64(value))
      offset &+= 16
    }
    while offset < byteCount {
      let byte = unsafe bytes.load(fromByteOffset: offset, as: UInt8.self)
      value = unsafe value >> 8 ^ tables[Int((value ^ UInt32(byte)) & 0xff)]
      offset &+= 1
    }
    return ~value
  }
}
