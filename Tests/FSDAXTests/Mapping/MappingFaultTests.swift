import HotCore
import Testing

@testable import FSDAX

@Suite("Real mappings: faults")
struct MappingFaultTests {
  @Test("a page behind the end is a bus error, once it is behind", arguments: TrapMechanism.usable)
  func truncation(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file(page(of: 1) + page(of: 2) + [3])
    let mapping = try rig.map(file, mechanism, pages: 4)
    #expect(mapping.load(at: 4096) == 2 && mapping.store(4, at: 8192))
    #expect(mapping.load(at: 3 * 4096) == nil && !mapping.store(1, at: 3 * 4096))
    #expect(mapping.load(at: -1) == nil && mapping.load(at: 4 * 4096) == nil)
    try rig.volume.truncate(file, to: 4097)
    #expect(mapping.load(at: 8192) == nil && !mapping.store(1, at: 8192))
    #expect(mapping.load(at: 0) == 1 && mapping.load(at: 4096) == 2)
    // The rest of the last page reads zero.
    #expect(mapping.load(at: 4097) == 0)
    try rig.volume.truncate(file, to: 3 * 4096)
    #expect(mapping.load(at: 8192) == 0 && mapping.store(5, at: 8193))
    #expect(try rig.read(file, 8192, 2) == [0, 5])
    try rig.volume.remove(file)
    for index in 0..<4 { #expect(mapping.load(at: index * 4096) == nil) }
    rig.expectInvariants()
  }

  @Test("F-2 a hole reads zero, and a store fills it", arguments: TrapMechanism.usable)
  func hole(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    rig.prefillFree(0xcc)
    let file = try rig.file([])
    try rig.volume.truncate(file, to: 3 * 4096)
    let mapping = try rig.map(file, mechanism, pages: 3)
    #expect(mapping.page(1) == zeros(4096) && rig.block(file, 1) == nil)
    let counted = rig.counting { #expect(mapping.store(8, at: 4096 + 9)) }
    #expect(counted[.majorFaults] == 1 && rig.block(file, 0) == nil)
    var expected = zeros(4096)
    expected[9] = 8
    #expect(mapping.page(1) == expected && mapping.page(2) == zeros(4096))
    #expect(try rig.contents(file) == zeros(4096) + expected + zeros(4096))
  }

  @Test("F-3 a store into a shared page copies it", arguments: TrapMechanism.usable)
  func copyFault(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file(page(of: 0x61))
    let peer = try rig.clone(file)
    let mapping = try rig.map(file, mechanism)
    let counted = rig.counting { #expect(mapping.store(0x61, at: 0)) }
    #expect(counted[.cowFaults] == 1 && counted[.faultBytesCopied] == 4096)
    #expect(counted[.minorFaults] == 1 && counted[.majorFaults] == 0)
    let entry = try #require(rig.cached(file, 0))
    #expect(entry.isDirty && entry.isToWrite && entry.frame == rig.block(file, 0).map(Int.init))
    #expect(Array(rig.medium(file, 0)) == page(of: 0x61))
    #expect(try rig.contents(peer) == page(of: 0x61) && mapping.page(0) == page(of: 0x61))
  }

  @Test("writing back makes the next store known", arguments: TrapMechanism.usable)
  func writeback(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file(page(of: 1))
    let mapping = try rig.map(file, mechanism)
    for turn in UInt8(0)..<3 {
      let first = rig.counting { #expect(mapping.store(turn, at: 0)) }
      let second = rig.counting { #expect(mapping.store(turn + 9, at: 1)) }
      #expect(first[.pteFaults] == 1 && second[.pteFaults] == 0)
      let lines = try rig.counting { try rig.volume.sync(file) }
      let clean = try rig.counting { try rig.volume.sync(file) }
      #expect(lines[.linesFlushed] == 64 && clean[.linesFlushed] == 0)
      #expect(mapping.load(at: 0) == turn)
    }
  }

  @Test("a huge page is one fault, and is split for a hole", arguments: TrapMechanism.usable)
  func huge(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable(byteCount: 12 << 20) { $0.groupCount = 1 }
    let file = try rig.file([])
    try rig.volume.allocate(file, at: 0, byteCount: 4 << 20)
    // From the middle of the first 2 MiB on: what fits of it has small pages.
    let mapping = try rig.map(file, mechanism, at: 1 << 20, pages: 768)
    let first = rig.counting { #expect(mapping.store(1, at: (1 << 20) + 5)) }
    #expect(first[.pmdFaults] == 1 && first[.fallbacks] == 0 && first[.pteFaults] == 0)
    let more = rig.counting {
      for index in 256..<768 { #expect(mapping.store(UInt8(index & 255), at: index << 12)) }
    }
    #expect(more[.pmdFaults] == 0 && more[.pteFaults] == 0)
    let small = rig.counting { #expect(mapping.store(7, at: 0)) }
    #expect(small[.pteFaults] == 1 && small[.pmdFaults] == 0)
    try rig.volume.sync(file)
    let again = rig.counting { #expect(mapping.store(2, at: 700 << 12)) }
    #expect(again[.pmdFaults] == 1)

    try rig.volume.punch(file, at: 3 << 20, byteCount: 4096)
    let split = rig.counting { #expect(mapping.load(at: 2 << 20) == 0) }
    #expect(split[.fallbacks] == 1 && split[.pteFaults] == 1)
    for index in 256..<768 where index != 512 {
      let expected: UInt8 = index == 700 ? 2 : UInt8(index & 255)
      #expect(mapping.load(at: index << 12) == expected)
    }
    rig.expectInvariants()
  }

  @Test("a copy without room for a huge page splits the mapping", arguments: TrapMechanism.usable)
  func hugeSplit(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable(byteCount: 6 << 20) { $0.groupCount = 1 }
    let file = try rig.file([])
    try rig.volume.allocate(file, at: 0, byteCount: 2 << 20)
    let mapping = try rig.map(file, mechanism, pages: 512)
    for index in 0..<512 { #expect(mapping.store(UInt8(index & 255), at: index << 12)) }
    let peer = try rig.clone(file)
    let filler = try rig.file([])
    try rig.volume.allocate(filler, at: 0, byteCount: rig.volume.freeByteCount - (64 << 12))
    let read = rig.counting { #expect(mapping.load(at: 9 << 12) == 9) }
    #expect(read[.pmdFaults] == 1 && read[.fallbacks] == 0)
    let store = rig.counting { #expect(mapping.store(0xee, at: 9 << 12)) }
    #expect(store[.fallbacks] == 1 && store[.cowFaults] == 1)
    for index in 0..<512 {
      #expect(mapping.load(at: index << 12) == (index == 9 ? 0xee : UInt8(index & 255)))
    }
    #expect(try rig.read(peer, 9 << 12, 1) == [9] && rig.read(file, 9 << 12, 1) == [0xee])
    // No real page of the old huge mapping is left: the peer's bytes are the peer's.
    for index in 0..<40 { #expect(mapping.store(0xdd, at: index << 12)) }
    for index in 0..<40 { #expect(try rig.read(peer, index << 12, 1) == [UInt8(index)]) }
    rig.expectInvariants()
  }

  @Test(
    "F-16 a synchronous store is there and its metadata durable", arguments: TrapMechanism.usable)
  func synchronous(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable { $0.device.copyMode.insert(.synchronous) }
    let file = try rig.file(page(of: 1))
    let peer = try rig.clone(file)
    try rig.volume.truncate(file, to: 8192)
    let mapping = try rig.map(file, mechanism, pages: 2, isSynchronous: true)
    for index in 0..<2 {
      #expect(mapping.store(9, at: index * 4096))
      #expect(!rig.inode(file).hasUnsyncedMetadata)
      #expect(try #require(rig.cached(file, UInt64(index))).isDirty)
    }
    #expect(try rig.read(file, 4095, 2) == [1, 9] && rig.contents(peer) == page(of: 1))
  }

  @Test("poison is refused when its page is faulted in", arguments: TrapMechanism.usable)
  func poison(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file(page(of: 1) + page(of: 2))
    rig.poison(file, 1, sectors: 3..<4)
    let mapping = try rig.map(file, mechanism, pages: 2)
    #expect(mapping.load(at: 0) == 1)
    #expect(mapping.load(at: 4096) == nil && !mapping.store(1, at: 4096))
  }

  @Test("what cannot be mapped is an error", arguments: TrapMechanism.usable)
  func refusals(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file([1])
    let plain = try Rig()
    let other = try plain.file([1])
    #expect(errno { try plain.map(other, mechanism) } == .EOPNOTSUPP)
    #expect(
      errno { try DAXMapping(rig.volume, file, pageCount: 1, isPrivate: true) } == .EOPNOTSUPP)
    for (position, pages) in [(1, 1), (-4096, 1), (0, 0), (0, -1), (0, 1 << 40), (0, .max)] {
      #expect(errno { try rig.map(file, mechanism, at: position, pages: pages) } == .EINVAL)
    }
    let gone = FileID(number: 999, generation: 1)
    #expect(errno { try rig.map(gone, mechanism) } == .ENOENT)
  }

  @Test(
    "the end of a mapping leaves no trap, and the area its file", arguments: TrapMechanism.usable)
  func end(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file(page(of: 1))
    let area: VirtualArea
    do {
      let mapping = try rig.map(file, mechanism)
      #expect(mapping.store(4, at: 0))
      area = mapping.area
      #expect(TrapRange.meets(mapping.base, 1))
    }
    let base = UnsafeRawPointer(bitPattern: area.address).unsafelyUnwrapped
    #expect(!TrapRange.meets(base, 1))
    // The area goes on in software: the page that was taken from under it is there.
    _ = try rig.clone(file)
    var byte: UInt8 = 0
    try withUnsafeMutableBytes(of: &byte) { buffer in
      var span = MutableRawSpan(_unsafeBytes: buffer)
      try rig.volume.load(area, at: 0, into: &span)
    }
    #expect(byte == 4)
    try rig.volume.truncate(file, to: 0)
  }
}
