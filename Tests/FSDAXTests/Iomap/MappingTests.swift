import Testing

@testable import FSDAX

@Suite("iomap mappings")
struct MappingTests {
  private let shared = Mapping(type: .mapped, flags: .shared, offset: 0, byteCount: 65_536)

  @Test("I-2: a mapping that ends behind the range leaves the range usable")
  func rangeInside() {
    let pair = MappingPair(
      target: Mapping(type: .mapped, offset: 4096, byteCount: 4096, address: 0))
    #expect(pair.usableByteCount(at: 5000, remaining: 100) == 100)
  }

  @Test("I-3: a source map with data bounds the usable length")
  func sourceBounds() {
    let pair = MappingPair(
      target: shared, sourceMap: Mapping(type: .mapped, offset: 0, byteCount: 8192, address: 0))
    #expect(pair.usableByteCount(at: 4096, remaining: 20_000) == 4096)
    #expect(pair.source == pair.sourceMap)
  }

  @Test("I-4: a hole as source map bounds nothing, and the target is its own source")
  func holeBoundsNothing() {
    let pair = MappingPair(
      target: shared, sourceMap: Mapping(type: .hole, offset: 0, byteCount: 8192))
    #expect(pair.usableByteCount(at: 4096, remaining: 20_000) == 20_000)
    #expect(pair.source == shared)
  }

  @Test("I-12: sector and page offset of a position")
  func deviceArithmetic() {
    let mapping = Mapping(type: .mapped, offset: 4096, byteCount: 65_536, address: 1_048_576)
    #expect(mapping.sector(at: 10_000) == 2059)
    #expect(mapping.pageOffset(at: 10_000) == 257)
  }

  @Test(
    "I-13: last written block",
    arguments: [(5000, 0, 4096), (5000, 1, 8192), (4096, 4096, 8192)] as [(UInt64, UInt64, UInt64)])
  func lastBlock(position: UInt64, written: UInt64, expected: UInt64) {
    let found = lastWrittenBlock(
      position: position, writtenByteCount: written, blockByteCount: 4096)
    #expect(found == expected)
  }

  @Test(
    "I-14: what an unshare copies",
    arguments: [(MappingType.mapped, true), (.hole, false), (.unwritten, false)])
  func unshare(type: MappingType, expected: Bool) {
    let pair = MappingPair(
      target: shared, sourceMap: Mapping(type: type, offset: 0, byteCount: 8192, address: 0))
    #expect(pair.wantsUnshare == expected)
    #expect(!MappingPair(target: Mapping(type: .mapped, offset: 0, byteCount: 8)).wantsUnshare)
  }

  @Test(
    "zero edges: exactly where the old range is a hole or unwritten",
    arguments: MappingType.allCases)
  func zeroEdges(type: MappingType) {
    let pair = MappingPair(
      target: shared, sourceMap: Mapping(type: type, offset: 0, byteCount: 8192))
    #expect(pair.hasZeroEdges == (type == .hole || type == .unwritten))
  }
}
