import Testing

@testable import FSDAX

@Suite("block allocator")
struct BlockAllocatorTests {
  @Test("an allocator without blocks has none to give")
  func empty() {
    var allocator = BlockAllocator(blockCount: 0)
    #expect(allocator.allocate(upTo: 1, near: nil) == nil)
    #expect(allocator.allocate(upTo: 1, near: 7, alignment: 8) == nil)
    #expect(allocator.reserve(0..<1) == false)
  }

  @Test("every block is given once, then none", arguments: [1, 63, 64, 65, 4096, 4097, 270_000])
  func drain(blockCount: Int) {
    var allocator = BlockAllocator(blockCount: blockCount)
    var next = 0
    while let run = allocator.allocate(upTo: 1000, near: nil) {
      #expect(run.lowerBound == next)
      next = run.upperBound
    }
    #expect(next == blockCount && allocator.freeCount == 0)
    // The last block alone is found over all the summaries.
    allocator.free(blockCount - 1..<blockCount)
    #expect(allocator.allocate(upTo: 8, near: 0) == blockCount - 1..<blockCount)
    #expect(allocator.allocate(upTo: 1, near: nil) == nil)
  }

  @Test("an aligned run has its full length and an aligned device block, or there is none")
  func aligned() {
    var allocator = BlockAllocator(blockCount: 2000, origin: 300)
    #expect(allocator.allocate(upTo: 512, near: 0, alignment: 512) == 212..<724)
    #expect(allocator.allocate(upTo: 512, near: 0, alignment: 512) == 724..<1236)
    #expect(allocator.reserve(1300..<1301) == true)
    // What is left: 1236..<1300 and 1301..<2000; the next aligned place is 1748, too near the end.
    #expect(allocator.allocate(upTo: 512, near: nil, alignment: 512) == nil)
    #expect(allocator.allocate(upTo: 64, near: nil, alignment: 512) == 1748..<1812)
    #expect(allocator.allocate(upTo: 512, near: nil) == 1301..<1748)
  }

  @Test("reserve takes all or nothing")
  func reserve() {
    var allocator = BlockAllocator(blockCount: 300)
    #expect(allocator.reserve(100..<200) == true)
    for range in [0..<101, 199..<300, 100..<101, 290..<301] {
      #expect(allocator.reserve(range) == false)
    }
    #expect(allocator.freeCount == 200)
    #expect(allocator.reserve(0..<100) == true)
    #expect(allocator.reserve(200..<300) == true)
    #expect(allocator.freeCount == 0)
  }

  @Test("a search for a long run in shreds ends, and still gives something")
  func shreds() {
    let blockCount = 20_000
    var allocator = BlockAllocator(blockCount: blockCount)
    _ = allocator.reserve(0..<blockCount)
    for block in stride(from: 0, to: 10_000, by: 2) { allocator.free(block..<block + 1) }
    allocator.free(15_000..<15_100)
    #expect(allocator.allocate(upTo: 32, near: 0) == 0..<1)
    // Near enough, the long one is found.
    #expect(allocator.allocate(upTo: 32, near: 9900) == 15_000..<15_032)
  }

  /// First fit from a start, all around, in a table of free blocks.
  private func expected(_ free: [Bool], _ count: Int, _ start: Int, _ alignment: Int) -> Range<Int>?
  {
    var best = 0..<0
    var isBehindRun = false
    for block in Array(start..<free.count) + [-1] + Array(0..<start) {
      guard block >= 0 else {
        isBehindRun = false
        continue
      }
      defer { isBehindRun = free[block] }
      guard free[block], alignment > 1 ? block % alignment == 0 : !isBehindRun else { continue }
      let run = free[block...].prefix(count).prefix { $0 }.count
      if run == count { return block..<block + count }
      if run > best.count { best = block..<block + run }
    }
    return alignment > 1 || best.isEmpty ? nil : best
  }

  @Test("the same as a table of free blocks, step by step", arguments: UInt64(1)...8)
  func oracle(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount = [64, 130, 500, 1000][Int(seed % 4)]
    var allocator = BlockAllocator(blockCount: blockCount)
    var free = [Bool](repeating: true, count: blockCount)
    for step in 0..<3000 {
      let first = random.below(blockCount)
      let range = first..<min(blockCount, first + 1 + random.below(step % 700 < 350 ? 3 : 70))
      switch random.below(4) {
      case 0:
        let isFree = free[range].allSatisfy { $0 }
        #expect(allocator.reserve(range) == isFree)
        if isFree { for block in range { free[block] = false } }
      case 1 where free[range].allSatisfy { !$0 }:
        allocator.free(range)
        for block in range { free[block] = true }
      default:
        let alignment = [1, 1, 4, 64][random.below(4)]
        let count = [1, 2, 32, 100][random.below(4)]
        let hint = random.below(3) == 0 ? nil : first
        let start = hint ?? (allocator.rotor < blockCount ? allocator.rotor : 0)
        let run = allocator.allocate(upTo: count, near: hint, alignment: alignment)
        #expect(run == expected(free, count, start, alignment), "seed \(seed), step \(step)")
        for block in run ?? 0..<0 { free[block] = false }
      }
      #expect(allocator.freeCount == free.count { $0 })
    }
    for block in 0..<blockCount { #expect(allocator.isFree(block) == free[block]) }
  }
}
