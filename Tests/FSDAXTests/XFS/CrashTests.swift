import Testing

@testable import FSDAX

@Suite("crash and recovery")
struct CrashTests {
  /// What a write does up to the moment before `end`: staged, copied, not published.
  private func writtenNotEnded(
    _ rig: Rig, _ file: FileID, _ position: UInt64, _ bytes: [UInt8]
  ) throws -> (MappingPair, UInt64) {
    let ledger = rig.volume.ledgers.mine
    let inode = rig.inode(file)
    let count = UInt64(bytes.count)
    let pair = try rig.volume.begin(
      inode, position: position, byteCount: count, [.write, .dax], ledger)
    let usable = pair.usableByteCount(at: position, remaining: count)
    for index in 0..<usable {
      rig.volume.device.base.storeBytes(
        of: bytes[Int(index)], toByteOffset: Int(pair.target.deviceByte(at: position + index)),
        as: UInt8.self)
    }
    return (pair, usable)
  }

  @Test("X-12: before end a crash leaves the old data, and staging is freed")
  func beforeEnd() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(8192))
    let free = rig.volume.freeByteCount
    _ = try writtenNotEnded(rig, file, 0, pattern(8192, 9))
    #expect(rig.volume.freeByteCount < free && !rig.staging(file).isEmpty)
    rig.volume.isShutDown = true
    rig.volume.isInterrupted = true
    #expect(try rig.volume.recover() == 32 * 4096)
    #expect(rig.staging(file).isEmpty && rig.volume.freeByteCount == free)
    #expect(try rig.contents(file) == pattern(8192) && rig.contents(peer) == pattern(8192))
    #expect(rig.inode(file).isReflink && rig.block(file, 0) == rig.block(peer, 0))
    rig.expectInvariants()
    try rig.write(file, 0, [1])
    #expect(try rig.volume.recover() == 31 * 4096 && rig.volume.recover() == 0)
  }

  @Test("X-12: after end a crash leaves the new data")
  func afterEnd() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(8192))
    let (_, usable) = try writtenNotEnded(rig, file, 0, pattern(8192, 9))
    try rig.volume.end(
      rig.inode(file), position: 0, byteCount: usable, writtenByteCount: usable, [.write, .dax],
      rig.volume.ledgers.mine)
    try rig.volume.recover()
    let done = Int(usable)
    #expect(
      try rig.contents(file) == Array(pattern(8192, 9)[..<done]) + Array(pattern(8192)[done...]))
    #expect(try rig.contents(peer) == pattern(8192))
    #expect(rig.staging(file).isEmpty)
    rig.expectInvariants()
  }

  @Test("idle staging is reclaimed, and every byte comes back")
  func reclaim() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(8192))
    let free = rig.volume.freeByteCount
    try rig.write(file, 0, [1])
    #expect(rig.volume.freeByteCount == free - 32 * 4096)
    #expect(rig.volume.reclaimStaging() == 31 * 4096)
    #expect(rig.volume.freeByteCount == free - 4096)
    try rig.volume.remove(file)
    try rig.volume.remove(peer)
    #expect(rig.volume.freeByteCount == free + 2 * 4096)
    rig.expectInvariants()
  }
}
