import Testing

@testable import FSDAX

@Suite("reference counts")
struct RefcountMapTests {
  @Test("a count at its limit neither rises nor falls, and refuses a whole range")
  func saturation() {
    var map = RefcountMap(blockCount: 40)
    map.setCount(.max - 1, of: 20)
    #expect(map.increment(10..<30) == true)
    #expect(map.count(of: 20) == .max)
    #expect(map.increment(10..<30) == false)
    for block: UInt32 in 10..<30 where block != 20 { #expect(map.count(of: block) == 1) }
    #expect(map.count(of: 20) == .max)
    let (run, remaining) = map.decrementRun(20..<30)
    #expect(run == 20..<21 && remaining == .max && map.count(of: 20) == .max)
  }

  @Test("a decrement takes the longest prefix of equal counts and no block more")
  func runs() {
    var map = RefcountMap(blockCount: 16)
    #expect(map.increment(0..<16) == true)
    #expect(map.increment(4..<8) == true)
    let first = map.decrementRun(2..<10)
    #expect(first.run == 2..<4 && first.remaining == 0)
    let second = map.decrementRun(4..<10)
    #expect(second.run == 4..<8 && second.remaining == 1)
    let third = map.decrementRun(8..<10)
    #expect(third.run == 8..<10 && third.remaining == 0)
    #expect(map.count(of: 1) == 1 && map.count(of: 10) == 1)
  }

  @Test("records are maximal runs of equal counts of two and more")
  func records() {
    var map = RefcountMap(blockCount: 100)
    #expect(map.sharedRecordCount == 0)
    #expect(map.increment(0..<100) == true)
    #expect(map.increment(10..<20) == true)
    #expect(map.increment(30..<50) == true)
    #expect(map.sharedRecordCount == 2)
    #expect(map.increment(15..<20) == true)
    #expect(map.sharedRecordCount == 3)
    #expect(map.increment(20..<30) == true)
    #expect(map.sharedRecordCount == 3)
    #expect(map.firstShared(in: 0..<100) == 10..<50)
    _ = map.decrementRun(15..<20)
    #expect(map.sharedRecordCount == 1)
  }

  @Test("an empty range and an empty map")
  func empty() {
    var map = RefcountMap(blockCount: 0)
    #expect(map.increment(0..<0) == true)
    #expect(map.firstShared(in: 0..<0) == nil && map.sharedRecordCount == 0)
  }

  @Test("the same as an array, step by step", arguments: UInt64(1)...4)
  func oracle(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount = 200
    var map = RefcountMap(blockCount: blockCount)
    var counts = [UInt32](repeating: 0, count: blockCount)
    for _ in 0..<5000 {
      let first = random.below(blockCount)
      let end = min(blockCount, first + 1 + random.below(40))
      let range = UInt32(first)..<UInt32(end)
      switch random.below(3) {
      case 0:
        #expect(map.increment(range) == true)
        for block in first..<end { counts[block] += 1 }
      case 1 where counts[first] > 0:
        let (run, remaining) = map.decrementRun(range)
        let stop = counts[first..<end].firstIndex { $0 != counts[first] } ?? end
        #expect(run == UInt32(first)..<UInt32(stop) && remaining == counts[first] - 1)
        for block in first..<stop { counts[block] -= 1 }
      default:
        let start = counts[first..<end].firstIndex { $0 > 1 }
        let stop = start.map { from in counts[from..<end].firstIndex { $0 < 2 } ?? end }
        let run = map.firstShared(in: range)
        #expect(run.map { Int($0.lowerBound) } == start && run.map { Int($0.upperBound) } == stop)
      }
    }
    for block in 0..<blockCount { #expect(map.count(of: UInt32(block)) == counts[block]) }
  }
}
