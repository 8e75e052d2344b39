import Testing

@testable import FSDAX

@Suite("group table")
struct GroupTableTests {
  @Test("A device has as many blocks as the maps of files can name, and no more")
  func limit() throws {
    let limit = 1 << 30
    #expect(Int(ExtentWord.device(ExtentWord.make(UInt32(limit - 1), .written))) == limit - 1)
    let whole = try GroupTable.division(blockCount: limit, groupCount: 4)
    #expect(whole.blocksPerGroup == limit / 4 && whole.count == 4)
    for count in [limit + 1, Int(UInt32.max)] {
      // First, for a table that is not refused would take memory for all blocks.
      let found = errno { _ = try GroupTable.division(blockCount: count, groupCount: 4) }
      try #require(found == .EINVAL)
      #expect(errno { _ = try GroupTable(blockCount: count, groupCount: 4) } == .EINVAL)
    }
  }

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
