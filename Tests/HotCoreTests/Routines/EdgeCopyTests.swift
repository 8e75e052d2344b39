import CHost
import Glibc
import Testing

@testable import HotCore

@Suite("Edge copy, checked")
struct EdgeCopyTests {
  let target = GuardedMemory(8192)
  let source = GuardedMemory(8192)
  let data = GuardedMemory(8192)

  init() {
    target.fill(0xaa)
    source.fillRandom(seed: 21)
    data.fillRandom(seed: 22)
  }

  func blocks(_ size: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: target.start, count: size)
  }

  func mapped(_ size: Int) -> EdgeSource {
    .mapped(UnsafeRawBufferPointer(start: source.start, count: size))
  }

  func bytes(_ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: data.start, count: count)
  }

  func copy(_ position: Int, _ length: Int, _ profile: EdgeCopy.Profile = .strict) -> EdgeCopy {
    EdgeCopy(
      EdgeGeometry(position: position, length: length, alignment: 4096), alignment: 4096,
      profile: profile)
  }

  func zeros(_ range: Range<Int>) -> Bool { range.allSatisfy { target.bytes[$0] == 0 } }

  @Test("mapped source: edges and data in place, lines counted", arguments: [false, true])
  func plain(strict: Bool) throws {
    let counts = try copy(100, 8000, strict ? .strict : .upstream)
      .write(blocks(8192), over: mapped(8192), data: bytes(8000))
    #expect(same(target.start, source.start, 100))
    #expect(same(target.start + 100, data.start, 8000))
    #expect(same(target.start + 8100, source.start + 8100, 92))
    // The user's bytes lie in lines 1 to 126; H3 leaves the copied edges in the cache.
    let expected = EdgeCounts(
      copied: 192, zeroed: 0, written: 8000, flushedLines: strict ? 128 : 126)
    #expect(counts == expected)
  }

  @Test("C-12 a hole zeroes the edges and writes 4096 bytes back", arguments: [false, true])
  func c12(strict: Bool) throws {
    let counts = try copy(100, 50, strict ? .strict : .upstream)
      .write(blocks(4096), over: .hole, data: bytes(50))
    #expect(zeros(0..<100) && zeros(150..<4096))
    #expect(same(target.start + 100, data.start, 50))
    #expect(counts == EdgeCounts(copied: 0, zeroed: 4046, written: 50, flushedLines: 64))
  }

  @Test("C-13 unwritten media stays unseen")
  func c13() throws {
    target.fill(0x55)
    _ = try copy(100, 50).write(blocks(4096), over: .unwritten, data: bytes(50))
    #expect(zeros(0..<100) && zeros(150..<4096))
  }

  @Test(
    "C-14 a fault on an unwritten block zeroes it and writes it back", arguments: [false, true])
  func c14(strict: Bool) throws {
    let counts = try copy(0, 4096, strict ? .strict : .upstream)
      .fault(blocks(4096), from: .unwritten)
    #expect(zeros(0..<4096))
    #expect(counts == EdgeCounts(copied: 0, zeroed: 4096, written: 0, flushedLines: 64))
  }

  @Test("C-15 a poisoned source is EIO with the residue", arguments: [false, true])
  func c15(strict: Bool) {
    source.forbid(from: 0)
    let error = #expect(throws: EdgeCopyError.self) {
      try copy(100, 50, strict ? .strict : .upstream)
        .write(blocks(4096), over: mapped(4096), data: bytes(50))
    }
    #expect(error == .sourceFault(residue: 100))
    #expect(error?.errno == EIO)
  }

  @Test("C-15 poison that begins inside the tail leaves the exact residue")
  func c15tail() {
    source.forbid(from: 4096)
    let error = #expect(throws: EdgeCopyError.self) {
      try copy(100, 2000).write(blocks(4096), over: mapped(4096, from: 1000), data: bytes(2000))
    }
    #expect(error == .sourceFault(residue: 1000))
  }

  func mapped(_ size: Int, from offset: Int) -> EdgeSource {
    .mapped(UnsafeRawBufferPointer(start: source.start + offset, count: size))
  }

  @Test("C-16 a whole-block write needs no source; upstream reads it all the same")
  func c16() throws {
    source.forbid(from: 0)
    let error = #expect(throws: EdgeCopyError.self) {
      try copy(0, 4096, .upstream).write(blocks(4096), over: mapped(4096), data: bytes(4096))
    }
    #expect(error == .sourceFault(residue: 4096))
    let counts = try copy(0, 4096).write(blocks(4096), over: mapped(4096), data: bytes(4096))
    #expect(counts == EdgeCounts(copied: 0, zeroed: 0, written: 4096, flushedLines: 64))
    #expect(same(target.start, data.start, 4096))
  }

  @Test("C-17 short data: strict completes the block, upstream leaves it stale")
  func c17() {
    let short = UnsafeRawBufferPointer(start: data.start + 4096 - 50, count: 8000)
    data.forbid(from: 4096)
    for profile in [EdgeCopy.Profile.strict, .upstream] {
      target.fill(0xaa)
      let error = #expect(throws: EdgeCopyError.self) {
        try copy(100, 8000, profile).write(blocks(8192), over: mapped(8192), data: short)
      }
      #expect(error == .shortData(written: 50))
      #expect(error?.errno == nil)
      #expect(same(target.start, source.start, 100))
      #expect(same(target.start + 100, data.start + 4096 - 50, 50))
      let completed = same(target.start + 150, source.start + 150, 4096 - 150)
      let stale = (150..<4096).allSatisfy { target.bytes[$0] == 0xaa }
      #expect(completed == (profile == .strict))
      #expect(stale == (profile == .upstream))
    }
  }

  @Test("data unreadable from its first byte is EFAULT")
  func noData() {
    data.forbid(from: 0)
    let error = #expect(throws: EdgeCopyError.self) {
      try copy(100, 50).write(blocks(4096), over: .hole, data: bytes(50))
    }
    #expect(error == .shortData(written: 0))
    #expect(error?.errno == EFAULT)
  }

  @Test("C-18 a source at its target's address traps")
  func c18() async {
    await #expect(processExitsWith: .failure) {
      let target = GuardedMemory(4096)
      let edge = EdgeCopy(
        EdgeGeometry(position: 100, length: 50, alignment: 4096), alignment: 4096)
      _ = try edge.write(
        target.bytes, over: .mapped(UnsafeRawBufferPointer(target.bytes)),
        data: UnsafeRawBufferPointer(rebasing: GuardedMemory(4096).bytes[..<50]))
    }
  }
}
