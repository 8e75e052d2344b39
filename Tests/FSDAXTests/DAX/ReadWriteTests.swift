import Testing

@testable import FSDAX

@Suite("read and write vectors")
struct ReadWriteTests {
  /// The base file of the specification: 10000 bytes, block 1 a hole.
  private func base(_ rig: Rig) throws -> (FileID, [UInt8]) {
    let file = try rig.volume.create()
    let bytes = pattern(4096) + zeros(4096) + pattern(1808, 2)
    try rig.write(file, 0, Array(bytes[..<4096]))
    try rig.write(file, 8192, Array(bytes[8192...]))
    #expect(rig.block(file, 1) == nil)
    return (file, bytes)
  }

  @Test("W-1: a read is cut at the end, and a hole reads zero")
  func readWhole() throws {
    let rig = try Rig()
    let (file, bytes) = try base(rig)
    #expect(try rig.read(file, 0, 20_000) == bytes)
  }

  @Test("W-2: reads at the end")
  func readAtEnd() throws {
    let rig = try Rig()
    let (file, bytes) = try base(rig)
    #expect(try rig.read(file, 9999, 10) == [bytes[9999]])
    #expect(try rig.read(file, 10_000, 10).isEmpty)
    #expect(try rig.read(file, Int.max, 10).isEmpty)
  }

  @Test("W-3: an unwritten block reads zero whatever the medium holds")
  func readUnwritten() throws {
    let rig = try Rig()
    let file = try rig.unwrittenFile(blocks: 2, media: 0x55)
    #expect(try rig.read(file, 0, 8192) == zeros(8192))
    #expect(rig.medium(file, 0).allSatisfy { $0 == 0x55 })
  }

  @Test("W-4: a write into a hole gives new blocks, zero around the bytes", arguments: bothProfiles)
  func writeHole(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, bytes) = try base(rig)
    rig.prefillFree(0xaa)
    try rig.write(file, 4096, pattern(4096, 4))
    #expect(try rig.read(file, 4096, 4096) == pattern(4096, 4))
    try rig.volume.punch(file, at: 4096, byteCount: 4096)
    rig.prefillFree(0xaa)
    try rig.write(file, 5000, [1, 2, 3])
    var expected = bytes
    expected.replaceSubrange(5000..<5003, with: [1, 2, 3])
    #expect(try rig.contents(file) == expected)
    rig.expectInvariants()
  }

  @Test("W-5: a write behind the end zeroes what lies between", arguments: bothProfiles)
  func writeBehindEnd(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(5000))
    rig.medium(file, 1)[5000 - 4096] = 0x77
    rig.prefillFree(0xaa)
    try rig.write(file, 9000, pattern(100, 3))
    #expect(try rig.volume.size(of: file) == 9100)
    #expect(try rig.contents(file) == pattern(5000) + zeros(4000) + pattern(100, 3))
    #expect(try rig.contents(peer) == pattern(5000))
    rig.expectInvariants()
  }

  @Test("W-6: a write to a shared block leaves the other file alone", arguments: bothProfiles)
  func writeShared(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(4096))
    let old = try #require(rig.block(file, 0))
    #expect(rig.referenceCount(old) == 2)
    #expect(try rig.write(file, 100, pattern(50, 8)) == 50)
    var expected = pattern(4096)
    expected.replaceSubrange(100..<150, with: pattern(50, 8))
    #expect(try rig.contents(file) == expected)
    #expect(try rig.contents(peer) == pattern(4096))
    #expect(rig.referenceCount(old) == 1 && rig.block(peer, 0) == old)
    rig.expectInvariants()
  }

  @Test("W-7, W-8: poison ends a read before it begins, and only inside the range")
  func readPoison() throws {
    let rig = try Rig()
    let file = try rig.file(pattern(65_536))
    rig.poison(file, 10, sectors: 0..<1)
    let ledger = try rig.counting { () throws in
      #expect(errno { try rig.read(file, 0, 65_536) } == .EIO)
      #expect(try rig.read(file, 0, 40_960) == Array(pattern(65_536)[..<40_960]))
    }
    #expect(ledger[.bytesRead] == 40_960)
  }

  @Test("W-16: a CoW write drops what the file had of the old block", arguments: bothProfiles)
  func dropsEntries(_ profile: Profile) throws {
    // What a write does to entries is the faults' part; here: the block itself is left behind.
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(4096))
    let old = try #require(rig.block(file, 0))
    try rig.write(file, 0, pattern(4096, 1))
    #expect(rig.block(file, 0) != old && rig.block(peer, 0) == old)
    #expect(Array(rig.medium(old)) == pattern(4096))
    let isEmpty = rig.inode(file).entries.isEmpty
    #expect(isEmpty)
  }

  @Test("I-15 on a volume: a write that runs out of space keeps its prefix")
  func outOfSpace() throws {
    let rig = try Rig()
    let filler = try rig.volume.create()
    let free = rig.volume.freeByteCount
    try rig.volume.allocate(filler, at: 0, byteCount: free - 4096)
    let file = try rig.volume.create()
    #expect(try rig.write(file, 0, pattern(8192)) == 4096)
    #expect(try rig.contents(file) == Array(pattern(8192)[..<4096]))
    #expect(errno { try rig.write(file, 4096, [1]) } == .ENOSPC)
    #expect(try rig.volume.size(of: file) == 4096)
    rig.expectInvariants()
  }

  @Test("user buffers end and begin at unmapped pages, to the byte", arguments: bothProfiles)
  func guardedBuffers(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let pages = GuardedPages(8192)
    for length in [1, 63, 64, 65, 4095, 4096, 4097, 8191] {
      for offset in [0, 1, 63, 4095] {
        let (file, peer) = try rig.sharedPair(pattern(16_384))
        let new = pattern(length, offset)
        for buffer in [pages.tail(readable: length, asked: length), pages.head(length)] {
          pages.fill(new, at: buffer)
          #expect(
            try rig.volume.write(file, at: offset, UnsafeRawBufferPointer(buffer)) == length)
          pages.fill(zeros(length), at: buffer)
          #expect(try rig.volume.read(file, at: offset, into: buffer) == length)
          #expect(Array(buffer) == new)
        }
        #expect(try rig.contents(peer) == pattern(16_384))
        try rig.volume.remove(file)
        try rig.volume.remove(peer)
      }
    }
    rig.expectInvariants()
  }

  @Test("a read into memory that ends early gives the bytes before it")
  func shortRead() throws {
    let rig = try Rig()
    let file = try rig.volume.create()
    try rig.write(file, 0, pattern(4096))
    try rig.volume.truncate(file, to: 12_288)
    let pages = GuardedPages(4096)
    let short = pages.tail(readable: 100, asked: 5000)
    for position in [0, 4000, 8000] {
      #expect(try rig.volume.read(file, at: position, into: short) == 100)
      #expect(
        Array(pages.tail(readable: 100, asked: 100)) == (try rig.read(file, position, 100)))
    }
    let none = pages.tail(readable: 0, asked: 10)
    #expect(errno { try rig.volume.read(file, at: 0, into: none) } == .EFAULT)
    #expect(errno { try rig.volume.read(file, at: 8192, into: none) } == .EFAULT)
  }

  @Test("a read into memory that may only be read is EFAULT, not the end of the program")
  func readOnlyBuffer() throws {
    let rig = try Rig()
    let file = try rig.file(pattern(4096))
    try rig.volume.truncate(file, to: 8192)
    let pages = GuardedPages(4096)
    pages.forbidStores()
    for position in [0, 4096] {
      #expect(
        errno { try rig.volume.read(file, at: position, into: pages.head(4096)) } == .EFAULT)
    }
  }
}
