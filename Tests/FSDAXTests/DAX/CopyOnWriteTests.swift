import Testing

@testable import FSDAX

extension Profile: CustomTestStringConvertible {
  /// U, S or the bits.
  public var testDescription: String {
    self == .strict ? "S" : self == .upstream ? "U" : "hazards \(hazards.rawValue)"
  }
}

@Suite("copy-on-write: sources and failures")
struct CopyOnWriteTests {
  /// Staging at block 0 over a hole or an unwritten block, as speculative allocation leaves it: the
  /// shared block 1 was written with a hint that covers both.
  private func stagedOver(
    _ rig: Rig, unwritten: Bool
  ) throws -> FileID {
    let source = try rig.volume.create()
    try rig.write(source, 4096, pattern(4096))
    let file = try rig.volume.create()
    if unwritten { try rig.volume.allocate(file, at: 0, byteCount: 4096) }
    rig.shareBlocks(source, with: file)
    rig.prefillFree(0xaa)
    if unwritten { rig.medium(file, 0).initializeMemory(as: UInt8.self, repeating: 0x55) }
    try rig.write(file, 4096, [1])
    #expect(rig.staging(file).first?.contains(0) == true)
    return file
  }

  @Test("C-12, C-13: edges over a hole or an unwritten block are zeros", arguments: bothProfiles)
  func zeroEdges(_ profile: Profile) throws {
    for unwritten in [false, true] {
      let rig = try Rig(profile)
      let file = try stagedOver(rig, unwritten: unwritten)
      let ledger = try rig.counting { try rig.write(file, 100, pattern(50, 3)) }
      let expected = zeros(100) + pattern(50, 3) + zeros(3946)
      #expect(try rig.read(file, 0, 4096) == expected)
      #expect(Array(rig.medium(file, 0)) == expected, "not only by the mapping's type")
      #expect(ledger[.edgeBytesZeroed] == 4046 && ledger[.edgeBytesCopied] == 0)
      if profile == .upstream { #expect(ledger[.linesFlushed] >= 64) }
      if profile == .strict { #expect(ledger[.bytesStreamed] == 4096) }
      #expect(rig.state(file, 0) == .written)
      rig.expectInvariants()
    }
  }

  @Test("C-14: a whole block from an unwritten source is zeroed and flushed")
  func wholeFromUnwritten() throws {
    // What a fault asks for: the write path without H8 never fills a block it overwrites.
    let rig = try Rig(.upstream)
    rig.prefillFree(0xaa)
    let target = 20 * 4096
    let geometry = EdgeGeometryOfBlock.whole
    let ledger = try rig.counting { () throws in
      try rig.volume.fillEdges(target, .zeros, geometry, rig.volume.ledgers.mine)
    }
    #expect(rig.medium(20).allSatisfy { $0 == 0 } && rig.medium(21).allSatisfy { $0 == 0xaa })
    #expect(ledger[.linesFlushed] == 64 && ledger[.edgeBytesZeroed] == 4096)
  }

  @Test("C-15: poison in the source: EIO, nothing published", arguments: bothProfiles)
  func poisonedEdge(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let old = pattern(8192)
    let (written, peer) = try rig.sharedPair(old)
    let block = try #require(rig.block(written, 0))
    rig.poison(written, 0, sectors: 0..<1)
    let free = rig.volume.freeByteCount
    #expect(errno { try rig.write(written, 100, pattern(50, 1)) } == .EIO)
    #expect(rig.block(written, 0) == block && rig.block(peer, 0) == block)
    #expect(rig.referenceCount(block) == 2)
    #expect(rig.staging(written).allSatisfy { !$0.contains(0) })
    rig.volume.device.badBlocks.remove(0..<Int.max)
    #expect(try rig.contents(written) == old)
    rig.expectInvariants()
    try rig.volume.truncate(written, to: 0)
    #expect(rig.volume.freeByteCount == free)
  }

  @Test("C-16, H8: a poisoned block fully overwritten: EIO upstream, fine strictly")
  func poisonUnderData() throws {
    for (profile, expected) in [
      (Profile.strict, nil), (.upstream, Errno.EIO),
      (Profile(hazards: .copyBeforeOverwrite), .EIO),
      (Profile(hazards: Hazards.all.subtracting(.copyBeforeOverwrite)), nil),
    ] as [(Profile, Errno?)] {
      let rig = try Rig(profile)
      let (written, _) = try rig.sharedPair(pattern(4096))
      rig.poison(written, 0, sectors: 3..<4)
      let ledger = rig.counting {
        #expect(errno { try rig.write(written, 0, pattern(4096, 9)) } == expected)
      }
      if expected == nil {
        #expect(try rig.contents(written) == pattern(4096, 9))
        #expect(ledger[.edgeBytesCopied] == 0)
      }
      rig.expectInvariants()
    }
  }

  @Test("C-17, H1: a buffer that ends early in a block", arguments: bothProfiles)
  func shortCopy(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let old = pattern(8192)
    let (written, peer) = try rig.sharedPair(old)
    let shared = try #require(rig.block(written, 1))
    rig.prefillFree(0xaa)
    let pages = GuardedPages(4096)
    let data = pages.tail(readable: 50, asked: 8000)
    let new = pattern(50, 5)
    for (offset, byte) in new.enumerated() { data[offset] = byte }
    #expect(try rig.volume.write(written, at: 100, UnsafeRawBufferPointer(data)) == 50)
    let stale = profile == .upstream
    let rest = stale ? [UInt8](repeating: 0xaa, count: 3946) : Array(old[150..<4096])
    #expect(try rig.read(written, 0, 4096) == Array(old[..<100]) + new + rest)
    #expect(rig.block(written, 1) == shared && rig.block(peer, 1) == shared)
    #expect(try rig.contents(peer) == old)
    rig.expectInvariants()
    // Nothing that lingers may come to light later.
    try rig.volume.zero(written, at: 4096, byteCount: 0)
    try rig.write(written, 4096, [1])
    #expect(try rig.read(written, 4096, 4096) == [1] + Array(old[4097..<8192]))
    rig.expectInvariants()
  }

  @Test("H1: only a hazard of its own", arguments: [Hazards.staleAfterShortCopy, .unflushedEdges])
  func shortCopyAlone(_ hazard: Hazards) throws {
    let rig = try Rig(Profile(hazards: hazard))
    let (written, _) = try rig.sharedPair(pattern(4096))
    rig.prefillFree(0xaa)
    let data = GuardedPages(4096)
    let buffer = UnsafeRawBufferPointer(data.tail(readable: 10, asked: 100))
    #expect(try rig.volume.write(written, at: 0, buffer) == 10)
    let rest = try rig.read(written, 10, 90)
    #expect(
      rest
        == (hazard == .staleAfterShortCopy
          ? [UInt8](repeating: 0xaa, count: 90) : Array(pattern(4096)[10..<100])))
  }

  @Test("a buffer that cannot be read at all changes nothing", arguments: bothProfiles)
  func unreadable(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (written, _) = try rig.sharedPair(pattern(8192))
    let pages = GuardedPages(4096)
    let buffer = UnsafeRawBufferPointer(pages.tail(readable: 0, asked: 5000))
    #expect(errno { try rig.volume.write(written, at: 100, buffer) } == .EFAULT)
    #expect(try rig.contents(written) == pattern(8192))
    #expect(rig.staging(written).allSatisfy { $0.lowerBound >= 2 })
    rig.expectInvariants()
  }

  @Test("H1: a short body over a hole leaves no staging that zeroing could publish")
  func lingeringStaging() throws {
    let rig = try Rig()
    let file = try stagedOverHoles(rig)
    let pages = GuardedPages(4096)
    let buffer = UnsafeRawBufferPointer(pages.tail(readable: 10, asked: 12_000))
    #expect(try rig.volume.write(file, at: 4096, buffer) == 10)
    #expect(try rig.volume.zero(file, at: 8192, byteCount: 8192) == false)
    #expect(try rig.read(file, 8192, 8192).allSatisfy { $0 == 0 })
    rig.expectInvariants()
  }

  /// Block 0 shared and copied with a hint, blocks 1 to 3 holes with staging over them.
  private func stagedOverHoles(_ rig: Rig) throws -> FileID {
    let (file, _) = try rig.sharedPair(pattern(4096))
    try rig.volume.truncate(file, to: 16_384)
    rig.prefillFree(0xaa)
    try rig.write(file, 0, [9])
    #expect(rig.staging(file).first?.contains(2) == true)
    return file
  }
}
