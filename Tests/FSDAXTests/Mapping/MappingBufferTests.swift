import Glibc
import HotCore
import Testing

@testable import FSDAX

@Suite("Real mappings: buffers of calls")
struct MappingBufferTests {
  @Test("a write takes its bytes from a mapping", arguments: TrapMechanism.usable)
  func writeFrom(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let bytes = pattern(5 * Rig.page)
    let source = try rig.file(bytes)
    let target = try rig.file(zeros(6 * Rig.page))
    let mapping = try rig.map(source, mechanism, pages: 5)
    let data = UnsafeRawBufferPointer(start: mapping.base + 100, count: 4 * Rig.page + 7)
    #expect(try rig.volume.write(target, at: 33, data) == data.count)
    #expect(try rig.read(target, 33, data.count) == Array(bytes[100..<100 + data.count]))
    #expect(try rig.contents(source) == bytes)
  }

  @Test(
    "a copying write takes its bytes from the page that it replaces",
    arguments: TrapMechanism.usable)
  func writeOverItself(_ mechanism: TrapMechanism) throws {
    for (from, to, count) in [(0, 0, 8192), (100, 4000, 5000), (4000, 1, 9000), (1, 0, 12_287)] {
      let rig = try Rig.mappable()
      let bytes = pattern(3 * Rig.page, from)
      let file = try rig.file(bytes)
      let other = try rig.clone(file)
      let mapping = try rig.map(file, mechanism, pages: 3)
      let data = UnsafeRawBufferPointer(start: mapping.base + from, count: count)
      let count = min(count, 3 * Rig.page - from)
      #expect(
        try rig.volume.write(file, at: to, UnsafeRawBufferPointer(rebasing: data[..<count]))
          == count)
      var expected = bytes
      if expected.count < to + count { expected += zeros(to + count - expected.count) }
      expected.replaceSubrange(to..<to + count, with: bytes[from..<from + count])
      #expect(try rig.contents(file) == expected, "from \(from) to \(to)")
      #expect(try rig.contents(other) == bytes)
      rig.expectInvariants()
    }
  }

  @Test("a read puts its bytes into a mapping", arguments: TrapMechanism.usable)
  func readInto(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let bytes = pattern(3 * Rig.page)
    let source = try rig.file(bytes)
    let target = try rig.file(zeros(4 * Rig.page))
    let sharer = try rig.clone(target)
    let mapping = try rig.map(target, mechanism, pages: 4)
    let buffer = UnsafeMutableRawBufferPointer(start: mapping.base + 50, count: bytes.count)
    #expect(try rig.volume.read(source, at: 0, into: buffer) == bytes.count)
    #expect(try rig.read(target, 50, bytes.count) == bytes)
    #expect(try rig.contents(sharer) == zeros(4 * Rig.page))
    // Into the file itself: a page moves up by one byte.
    let own = UnsafeMutableRawBufferPointer(start: mapping.base + 51, count: Rig.page)
    #expect(try rig.volume.read(target, at: 50, into: own) == Rig.page)
    #expect(try rig.read(target, 51, Rig.page) == Array(bytes[..<Rig.page]))
  }

  @Test("the end of a mapped file ends the call", arguments: TrapMechanism.usable)
  func shortBuffers(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let mapped = try rig.file(page(of: 5))
    let file = try rig.file(page(of: 6) + page(of: 6))
    let mapping = try rig.map(mapped, mechanism, pages: 3)
    let data = UnsafeRawBufferPointer(start: mapping.base + 4000, count: 300)
    #expect(try rig.volume.write(file, at: 0, data) == 96)
    #expect(try rig.read(file, 0, 97) == page(of: 5)[..<96] + [6])
    let behind = UnsafeRawBufferPointer(start: mapping.base + 4096, count: 300)
    #expect(errno { try rig.volume.write(file, at: 0, behind) } == .EFAULT)
    let buffer = UnsafeMutableRawBufferPointer(mutating: data)
    #expect(try rig.volume.read(file, at: 4096, into: buffer) == 96)
    #expect(try rig.read(mapped, 3999, 97) == [5] + page(of: 6)[..<96])
    let none = UnsafeMutableRawBufferPointer(mutating: behind)
    #expect(errno { try rig.volume.read(file, at: 0, into: none) } == .EFAULT)
    #expect(try rig.volume.read(file, at: 9000, into: buffer) == 0)
    let gone = FileID(number: 999, generation: 1)
    #expect(errno { try rig.volume.write(gone, at: 0, data) } == .ENOENT)
    #expect(errno { try rig.volume.write(file, at: -1, data) } == .EINVAL)
  }

  @Test("a call in more than one piece moves all bytes", arguments: TrapMechanism.usable)
  func pieces(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable(byteCount: 16 << 20)
    let bytes = pattern(2_500_000)
    let source = try rig.file(bytes)
    let target = try rig.file([])
    let mapping = try rig.map(source, mechanism, pages: 611)
    let data = UnsafeRawBufferPointer(start: mapping.base, count: bytes.count)
    #expect(try rig.volume.write(target, at: 1, data) == bytes.count)
    #expect(try rig.contents(target) == [0] + bytes)
  }

  @Test(
    "writes from each other's mappings do not wait for each other", arguments: TrapMechanism.usable)
  func crossed(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let files = [try rig.file(page(of: 1)), try rig.file(page(of: 2))]
    let mappings = try files.map { try rig.map($0, mechanism) }
    let copies = [try rig.volume.create(), try rig.volume.create()]
    // It would hang; each value seen is one of the two.
    onThreads(3) { index in
      for _ in 0..<100 {
        if index == 2 {
          for which in 0..<2 { _ = try? rig.volume.clone(from: files[which], to: copies[which]) }
          continue
        }
        let address = mappings[1 - index].base
        _ = try? rig.volume.write(
          files[index], at: 0, UnsafeRawBufferPointer(start: address, count: 4096))
        _ = try? rig.volume.read(
          files[index], at: 0, into: UnsafeMutableRawBufferPointer(start: address, count: 4096))
      }
    }
    for file in files + copies {
      let bytes = try rig.contents(file)
      #expect(bytes.count == 4096 && bytes.allSatisfy { $0 == 1 || $0 == 2 })
    }
    rig.expectInvariants()
  }
}
