import Testing

@testable import FSDAX

@Suite("XFS vectors")
struct XFSTests {
  /// A file of so many blocks written at once, and a peer with some of them shared.
  private func file(
    _ rig: Rig, blocks: Int, shared: Range<UInt64>, cowHint: UInt32 = 0
  ) throws -> (FileID, FileID) {
    let file = try rig.file(pattern(blocks * 4096))
    try rig.volume.setAttributes(of: file) { $0.cowExtentHint = cowHint }
    let peer = try rig.volume.create()
    rig.shareBlocks(file, with: peer, shared)
    return (file, peer)
  }

  private func begin(
    _ rig: Rig, _ file: FileID, _ block: UInt64, _ count: UInt64, _ operation: OperationFlags
  ) throws -> MappingPair {
    try rig.volume.begin(
      rig.inode(file), position: block * 4096, byteCount: count * 4096, operation,
      rig.volume.ledgers.mine)
  }

  @Test("X-1: a read is cut where sharing begins and ends")
  func trim() throws {
    let rig = try Rig()
    let (file, _) = try file(rig, blocks: 100, shared: 20..<30)
    for (block, end, isShared) in [(0, 20, false), (20, 30, true), (30, 100, false)]
      as [(UInt64, UInt64, Bool)]
    {
      let mapping = try begin(rig, file, block, 100 - block, .dax).target
      #expect(mapping.offset == block * 4096 && mapping.end == end * 4096)
      #expect(mapping.flags.contains(.shared) == isShared && mapping.type == .mapped)
    }
    let write = try begin(rig, file, 0, 100, [.write, .dax]).target
    #expect(write.end == 20 * 4096 && !write.flags.contains(.shared))
  }

  @Test("X-2: a hint of 32 stages the window around the block")
  func window() throws {
    let rig = try Rig()
    let (file, _) = try file(rig, blocks: 100, shared: 40..<41, cowHint: 32)
    _ = try begin(rig, file, 40, 1, [.write, .dax])
    #expect(rig.staging(file) == [32..<64])
    rig.expectInvariants()
  }

  @Test(
    "X-3: windows by hint, offset and count",
    arguments: [
      (32, 5, 3, 0..<32), (32, 30, 4, 0..<64), (7, 7, 8, 7..<21), (1, 9, 2, 9..<11),
      (48, 50, 1, 48..<96),
    ] as [(UInt64, UInt64, UInt64, Range<UInt64>)])
  func windows(hint: UInt64, first: UInt64, count: UInt64, expected: Range<UInt64>) {
    #expect(Volume.stagingWindow(first..<first + count, hint: hint) == expected)
  }

  @Test(
    "X-4: the larger hint, or 32",
    arguments: [(8, 16, 16), (0, 0, 32), (16, 8, 16), (0, 5, 5), (7, 0, 7)])
  func hints(extent: UInt32, cow: UInt32, expected: UInt64) throws {
    let rig = try Rig()
    let file = try rig.volume.create()
    try rig.volume.setAttributes(of: file) {
      $0.extentHint = extent
      $0.cowExtentHint = cow
    }
    #expect(rig.volume.cowHint(rig.inode(file)) == expected)
    let always = try Rig { $0.alwaysCopiesOnWrite = true }
    let other = try always.volume.create()
    try always.volume.setAttributes(of: other) { $0.extentHint = 100 }
    #expect(always.volume.cowHint(always.inode(other)) == 32, "extent hints do not count there")
  }

  @Test("X-5, X-6: blocks of a byte range, rounded outward")
  func rounding() {
    #expect(BlockRange(position: 100, byteCount: 50).blocks == 0..<1)
    #expect(BlockRange(position: 4096, byteCount: 4096).blocks == 1..<2)
    #expect(BlockRange(position: 5000, byteCount: 5000).blocks == 1..<3)
    #expect(BlockRange(position: 100, byteCount: 8000).blocks == 0..<2)
  }

  @Test("X-5: end publishes the blocks written and no others")
  func endPublishes() throws {
    for (position, count, published) in [
      (100, 50, 0..<1), (4096, 4096, 1..<2), (5000, 5000, 1..<3),
    ]
      as [(UInt64, UInt64, Range<UInt64>)]
    {
      let rig = try Rig()
      let (file, peer) = try file(rig, blocks: 4, shared: 0..<4)
      let inode = rig.inode(file)
      _ = try begin(rig, file, 0, 4, [.write, .dax])
      try rig.volume.end(
        inode, position: position, byteCount: count, writtenByteCount: count, [.write, .dax],
        rig.volume.ledgers.mine)
      for block: UInt64 in 0..<4 {
        #expect((rig.block(file, block) != rig.block(peer, block)) == published.contains(block))
      }
      rig.expectInvariants()
    }
  }

  @Test("X-6: cancel gives back the blocks touched")
  func cancel() throws {
    let rig = try Rig()
    let (file, _) = try file(rig, blocks: 4, shared: 0..<4, cowHint: 4)
    _ = try begin(rig, file, 0, 4, [.write, .dax])
    try rig.volume.end(
      rig.inode(file), position: 100, byteCount: 8000, writtenByteCount: 0, [.write, .dax],
      rig.volume.ledgers.mine)
    #expect(rig.staging(file) == [2..<4])
    rig.expectInvariants()
  }

  @Test("X-7: three references, and the last writer writes in place", arguments: bothProfiles)
  func lastWriter(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (first, second) = try rig.sharedPair(pattern(4096))
    let third = try rig.volume.create()
    rig.shareBlocks(first, with: third)
    let block = try #require(rig.block(first, 0))
    #expect(rig.referenceCount(block) == 3)
    try rig.write(first, 0, [1])
    #expect(rig.referenceCount(block) == 2)
    try rig.write(second, 1, [2])
    #expect(rig.referenceCount(block) == 1)
    let ledger = try rig.counting { try rig.write(third, 2, [3]) }
    #expect(rig.block(third, 0) == block && ledger[.edgeBytesCopied] == 0)
    #expect(ledger[.refcountUpdates] == 0 && ledger[.blocksAllocated] == 0)
    for (file, place) in [(first, 0), (second, 1), (third, 2)] {
      var expected = pattern(4096)
      expected[place] = UInt8(place + 1)
      #expect(try rig.contents(file) == expected)
    }
    rig.expectInvariants()
  }

  @Test("X-8: staging is used over a private block, whose old block is freed")
  func stagedPrivate() throws {
    let rig = try Rig()
    let (file, _) = try file(rig, blocks: 64, shared: 40..<41, cowHint: 32)
    try rig.write(file, 40 * 4096, [1])
    let old = try #require(rig.block(file, 33))
    let pair = try begin(rig, file, 33, 1, [.write, .dax])
    #expect(pair.target.flags.contains(.shared) && pair.sourceMap.type == .mapped)
    let free = rig.volume.freeByteCount
    try rig.write(file, 33 * 4096 + 5, [1])
    #expect(rig.block(file, 33) != old && rig.referenceCount(old) == 0)
    #expect(rig.volume.freeByteCount == free + 4096)
    var expected = pattern(64 * 4096)
    expected[33 * 4096 + 5] = 1
    expected[40 * 4096] = 1
    #expect(try rig.contents(file) == expected)
    rig.expectInvariants()
  }

  @Test("X-9: staging over a hole has a hole as source")
  func stagedHole() throws {
    let rig = try Rig()
    let (file, _) = try file(rig, blocks: 64, shared: 40..<41, cowHint: 32)
    try rig.volume.punch(file, at: 33 * 4096, byteCount: 4096)
    try rig.write(file, 40 * 4096, [1])
    let pair = try begin(rig, file, 33, 1, [.write, .dax])
    #expect(
      pair.sourceMap.type == .hole && pair.target.flags.contains(.shared) && pair.hasZeroEdges)
    #expect(pair.usableByteCount(at: 33 * 4096, remaining: 4096) == 4096)
  }

  @Test("X-10: zeroing skips shared unwritten blocks, and copies written ones")
  func zero() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(4096))
    try rig.volume.allocate(file, at: 4096, byteCount: 4096)
    #expect(try begin(rig, file, 1, 1, [.zero, .dax]).target.type == .unwritten)
    #expect(try begin(rig, file, 2, 9, [.zero, .dax]).target.type == .hole)
    let pair = try begin(rig, file, 0, 1, [.zero, .dax])
    #expect(pair.target.flags.contains(.shared) && pair.sourceMap.type == .mapped)
    #expect(rig.block(peer, 0) == rig.block(file, 0))
  }

  @Test("X-11: no space: ENOSPC, the file as before, no staging", arguments: bothProfiles)
  func noSpace(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(8192))
    let filler = try rig.volume.create()
    try rig.volume.allocate(filler, at: 0, byteCount: rig.volume.freeByteCount)
    #expect(rig.volume.freeByteCount == 0)
    #expect(errno { try rig.write(file, 100, [1]) } == .ENOSPC)
    #expect(errno { try rig.volume.zero(file, at: 0, byteCount: 4096) } == .ENOSPC)
    #expect(errno { try rig.volume.unshare(file, at: 0, byteCount: 8192) } == .ENOSPC)
    #expect(errno { try rig.volume.truncate(file, to: 100) } == .ENOSPC)
    #expect(errno { try rig.volume.punch(file, at: 10, byteCount: 100) } == .ENOSPC)
    #expect(errno { try rig.write(file, 10_000, [1]) } == .ENOSPC)
    #expect(rig.staging(file).isEmpty)
    #expect(try rig.contents(file) == pattern(8192) && rig.contents(peer) == pattern(8192))
    #expect(rig.inode(file).isReflink)
    rig.expectInvariants()
    try rig.volume.remove(filler)
    try rig.write(file, 100, [1])
    rig.expectInvariants()
  }

  @Test("X-13: a whole file unshared is no reflink file any more, and has no staging")
  func reflinkEnds() throws {
    let rig = try Rig()
    let (file, peer) = try file(rig, blocks: 50, shared: 40..<41, cowHint: 32)
    try rig.write(file, 40 * 4096, [1])
    #expect(!rig.staging(file).isEmpty && rig.inode(file).isReflink)
    // Behind the end there is staging that unsharing the file does not use up.
    #expect(rig.staging(file).last?.upperBound == 64)
    try rig.volume.unshare(file, at: 0, byteCount: 50 * 4096)
    #expect(rig.staging(file).isEmpty && !rig.inode(file).isReflink)
    #expect(rig.inode(peer).isReflink)
    try rig.volume.unshare(peer, at: 0, byteCount: Int.max)
    #expect(!rig.inode(peer).isReflink)
    rig.expectInvariants()
  }

  @Test("X-14: a no-wait write to a shared block is EAGAIN and changes nothing")
  func noWait() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(8192))
    let ledger = rig.counting {
      #expect(errno { try rig.write(file, 100, [1], .noWait) } == .EAGAIN)
      #expect(errno { try rig.write(file, 9000, [1], .noWait) } == .EAGAIN)
    }
    #expect(ledger[.blocksAllocated] == 0 && rig.staging(file).isEmpty)
    #expect(try rig.contents(file) == pattern(8192))
    #expect(try rig.volume.size(of: file) == 8192)
    // A private block needs no wait; the write ends where a shared one begins, staged or not.
    try rig.volume.unshare(file, at: 0, byteCount: 4096)
    #expect(try rig.write(file, 0, pattern(8192, 3), .noWait) == 4096)
    #expect(try rig.contents(peer) == pattern(8192))
    rig.inode(file).ioLock.lockShared()
    #expect(errno { try rig.write(file, 0, [1], .noWait) } == .EAGAIN)
    rig.inode(file).ioLock.unlockShared()
  }

  @Test("X-14: nor does staging that is there already make a no-wait write copy")
  func noWaitStaged() throws {
    let rig = try Rig()
    let (file, peer) = try file(rig, blocks: 8, shared: 0..<4)
    try rig.volume.punch(file, at: 7 * 4096, byteCount: 4096)
    try rig.write(file, 0, [9])
    let staging = rig.staging(file)
    #expect(staging == [1..<32])
    let contents = try [rig.contents(file), rig.contents(peer)]
    let blocks = (0..<8).map { rig.block(file, $0) }
    // Shared, private and a hole: where staging is, a write of any of them is a copy.
    let counts = rig.counting {
      for block in [1, 5, 7] {
        #expect(errno { try rig.write(file, block * 4096, zeros(4096), .noWait) } == .EAGAIN)
        #expect(errno { try rig.write(file, block * 4096 + 9, [1], .noWait) } == .EAGAIN)
      }
    }
    #expect(counts[.refcountUpdates] == 0 && counts[.bytesWritten] == 0)
    #expect(counts[.begins] == counts[.ends])
    #expect(try [rig.contents(file), rig.contents(peer)] == contents)
    #expect(rig.staging(file) == staging && (0..<8).map { rig.block(file, $0) } == blocks)
    #expect(try rig.write(file, 4096, [1]) == 1)
    #expect(try rig.contents(peer) == contents[1])
    rig.expectInvariants()
  }
}
