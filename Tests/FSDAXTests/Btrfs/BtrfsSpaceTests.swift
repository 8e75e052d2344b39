import Testing

@testable import FSDAX

@Suite("Btrfs space")
struct BtrfsSpaceTests {
  @Test("B-6: without space a write goes on in place where it may, and is short")
  func shortWrite() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.nodatacow)
    try bench.fill(file, 0..<4, 1)
    try bench.volume.truncate(file, to: 8 << 12)
    try bench.leave(2)
    #expect(try bench.fill(file, 0..<8, 2) == 4 << 12)
    #expect(try bench.read(file, 0, 4 << 12) == [UInt8](repeating: 2, count: 4 << 12))
    #expect(try bench.read(file, 4 << 12, 4 << 12) == [UInt8](repeating: 0, count: 4 << 12))
    #expect(bench.volume.groups.freeBlockCount == 2)
    #expect(failure { try bench.fill(file, 4..<8, 2) } == .ENOSPC)
    #expect(failure { try bench.fill(file, 3..<4, 3) } == nil)
    try bench.check()
  }

  @Test("B-6: half of it shared is the same; a no-wait write that lacks space is EAGAIN")
  func sharedHalf() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.nodatacow)
    try bench.fill(file, 0..<8, 1)
    let snapshot = try bench.volume.snapshot(file)
    try bench.fill(file, 0..<4, 2)
    try bench.leave(3)
    #expect(try bench.fill(file, 0..<8, 3) == 4 << 12)
    #expect(try bench.contents(snapshot) == [UInt8](repeating: 1, count: 8 << 12))
    let block = [UInt8](repeating: 4, count: 4 << 12)
    #expect(failure { try bench.write(file, 4 << 12, block, noWait: true) } == .EAGAIN)
    #expect(failure { try bench.write(file, 4 << 12, block) } == .ENOSPC)
    #expect(try bench.write(file, 4 << 12, [9], noWait: true) == 1)
    try bench.check()
  }

  @Test("A write that is always copied takes all its space or none")
  func reservesAll() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.plain)
    try bench.fill(file, 0..<8, 1)
    try bench.leave(7)
    let before = bench.volume.ledger
    #expect(failure { try bench.fill(file, 0..<8, 2) } == .ENOSPC)
    #expect((bench.volume.ledger - before)[.bytesWritten] == 0)
    #expect(try bench.contents(file) == [UInt8](repeating: 1, count: 8 << 12))
    #expect(try bench.fill(file, 0..<7, 2) == 7 << 12)
    #expect(bench.volume.groups.freeBlockCount == 7)
    try bench.check()
  }

  @Test("A zero over holes of any size reserves nothing for them")
  func zeroOverHoles() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.plain)
    try bench.fill(file, 0..<1, 1)
    try bench.leave(1)
    #expect(try bench.volume.zero(file, at: 100, byteCount: 1 << 40))
    #expect(try bench.read(file, 98, 3) == [1, 1, 0])
    try bench.check()
  }

  @Test("Scattered space is taken piece by piece")
  func scattered() throws {
    let bench = try BtrfsBench(blockCount: 128)
    var files: [FileID] = []
    for _ in 0..<126 {
      files.append(try bench.file(.plain))
      try bench.fill(files[files.count - 1], 0..<1, 1)
    }
    for index in stride(from: 0, to: 60, by: 2) { try bench.volume.remove(files[index]) }
    let file = try bench.file(.summed)
    #expect(try bench.fill(file, 0..<30, 5) == 30 << 12)
    #expect(try bench.contents(file) == [UInt8](repeating: 5, count: 30 << 12))
    try bench.check()
  }

  @Test("A copy that ends early publishes what was written, and gives the surplus back")
  func shortCopy() throws {
    for kind in BtrfsBench.Kind.allCases {
      let bench = try BtrfsBench()
      let file = try bench.file(kind)
      try bench.fill(file, 0..<4, 1)
      let snapshot = try bench.volume.snapshot(file)
      let pages = GuardedPages(8192)
      pages.fill(2)
      let done = unsafe try bench.volume.write(
        file, at: 100, UnsafeRawBufferPointer(start: pages.end - 5000, count: 16_000))
      #expect(done == 5000)
      var expected = [UInt8](repeating: 1, count: 4 << 12)
      for index in 100..<5100 { expected[index] = 2 }
      #expect(try bench.contents(file) == expected)
      #expect(try bench.counts(file, 0..<4) == [1, 1, 2, 2])
      #expect(try bench.contents(snapshot) == [UInt8](repeating: 1, count: 4 << 12))
      try bench.check()
    }
  }

  @Test("A copy that ends early inside a damaged block publishes nothing")
  func shortCopyOverDamage() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.summed)
    try bench.fill(file, 0..<4, 1)
    bench.corrupt(try #require(try bench.device(file, 1)), at: 4000)
    let pages = GuardedPages(8192)
    pages.fill(2)
    let found = failure {
      _ = unsafe try bench.volume.write(
        file, at: 0, UnsafeRawBufferPointer(start: pages.end - 5000, count: 4 << 12))
    }
    #expect(found == .EIO)
    #expect(try bench.read(file, 0, 4096) == [UInt8](repeating: 1, count: 4096))
    #expect(failure { _ = try bench.read(file, 4096, 1) } == .EIO)
    let inode = try bench.inode(file)
    let hasStaging = !inode.cow.isEmpty
    #expect(!hasStaging)
  }
}
