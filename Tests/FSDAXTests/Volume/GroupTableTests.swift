import Testing

@testable import FSDAX

@Suite("group table")
struct GroupTableTests {
  @Test(
    "The group of a block is the quotient, found without dividing",
    arguments: [
      (2, 1), (600, 1), (1024, 2), (3000, 3), (5000, 5), (70_001, 13), (1 << 16, 4),
    ])
  func quotient(blockCount: Int, groupCount: Int) throws {
    let table = try GroupTable(blockCount: blockCount, groupCount: groupCount)
    let size = table.blocksPerGroup
    for block in 0..<blockCount {
      guard table.index(of: UInt32(block)) != block / size else { continue }
      Issue.record("block \(block) of groups of \(size)")
    }
    // Far behind the end, where a reciprocal that is off by one would show.
    for multiple in (1...1000).map({ Int(UInt32.max) / size - $0 }) where multiple > 0 {
      let block = UInt32(multiple * size)
      #expect(table.index(of: block) == multiple && table.index(of: block - 1) == multiple - 1)
    }
    #expect(table.index(of: .max) == Int(UInt32.max) / size)
  }
}
