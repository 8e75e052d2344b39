/// The `.comment` section of a 64-bit ELF file: one line for each compiler that made a part of it.
enum ELFComment {
  /// Reads the section through `read(offset, byteCount)`; nil when it has none or is cut.
  ///
  /// Source: System V ABI, chapter 4 (ELF header, section header table, string table).
  static func lines(read: (_ offset: Int, _ byteCount: Int) -> [UInt8]?) -> [String]? {
    guard let header = read(0, 64), header.count == 64,
      header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),  // 64-bit, little-endian
      let table = Int(exactly: integer(header, at: 40, byteCount: 8))
    else { return nil }
    let entryBytes = Int(integer(header, at: 58, byteCount: 2))
    let count = Int(integer(header, at: 60, byteCount: 2))
    let namesIndex = Int(integer(header, at: 62, byteCount: 2))
    guard entryBytes == 64, namesIndex < count,
      let sections = read(table, count * entryBytes), sections.count == count * entryBytes,
      let names = contents(of: namesIndex, in: sections, read: read)
    else { return nil }
    for index in 0..<count {
      let name = Int(integer(sections, at: index * entryBytes, byteCount: 4))
      guard names.dropFirst(name).starts(with: Array(".comment\0".utf8)) else { continue }
      return contents(of: index, in: sections, read: read)?.split(separator: 0).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
    return nil
  }

  private static func contents(
    of index: Int, in sections: [UInt8], read: (Int, Int) -> [UInt8]?
  ) -> [UInt8]? {
    guard let offset = Int(exactly: integer(sections, at: index * 64 + 24, byteCount: 8)),
      let byteCount = Int(exactly: integer(sections, at: index * 64 + 32, byteCount: 8)),
      byteCount <= 1 << 20, let bytes = read(offset, byteCount), bytes.count == byteCount
    else { return nil }
    return bytes
  }

  private static func integer(_ bytes: [UInt8], at offset: Int, byteCount: Int) -> UInt64 {
    bytes[offset..<offset + byteCount].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
