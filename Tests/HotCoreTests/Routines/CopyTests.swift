import Glibc
import Testing

@testable import HotCore

@Suite("Copy and zero routines")
struct CopyTests {
  static let large = [
    4095, 4096, 4097, 4160, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (2 << 20) - 1, 2 << 20,
    (2 << 20) + 65,
  ]

  @Test("copy: every alignment and short length", arguments: [false, true])
  func copiesShort(durable: Bool) {
    let source = GuardedMemory(4096)
    let target = GuardedMemory(4096)
    let untouched = GuardedMemory(4096)
    source.fillRandom(seed: 1)
    untouched.fill(0xa5)
    for routine in Machines.routines({ CopyRoutine.all(durable: durable, $0) }) {
      var failures: [String] = []
      for length in 0...257 {
        for alignment in 0..<64 {
          let from = source.start + (alignment &* 7 &+ length &* 13) % 64
          memset(target.start, 0xa5, 448)
          let to = target.start + 64 + alignment
          routine.function(to, from, length)
          if !same(to, from, length) || !same(target.start, untouched.start, 64 + alignment)
            || !same(to + length, untouched.start, 64)
          {
            failures.append("length \(length), alignment \(alignment)")
          }
        }
      }
      #expect(failures.isEmpty, "\(routine.name): \(failures.prefix(3))")
    }
  }

  @Test("copy: ranges flush against unreadable pages", arguments: [false, true])
  func copiesAtEnds(durable: Bool) {
    let source = GuardedMemory((2 << 20) + 4096)
    let target = GuardedMemory((2 << 20) + 4096)
    source.fillRandom(seed: 2)
    for routine in Machines.routines({ CopyRoutine.all(durable: durable, $0) }) {
      for length in Array(0...257) + Self.large {
        memset(target.start, 0, length)
        routine.function(target.start, source.end - length, length)
        #expect(
          same(target.start, source.end - length, length), "\(routine.name), first \(length)")
        memset(target.end - length, 0, length)
        routine.function(target.end - length, source.start, length)
        #expect(same(target.end - length, source.start, length), "\(routine.name), last \(length)")
      }
    }
  }

  @Test("zero: every alignment and short length", arguments: [false, true])
  func zeroesShort(durable: Bool) {
    let target = GuardedMemory(4096)
    let untouched = GuardedMemory(4096)
    let zeros = GuardedMemory(4096)
    untouched.fill(0xa5)
    for routine in Machines.routines({ ZeroRoutine.all(durable: durable, $0) }) {
      var failures: [String] = []
      for length in 0...257 {
        for alignment in 0..<64 {
          memset(target.start, 0xa5, 448)
          let to = target.start + 64 + alignment
          routine.function(to, length)
          if !same(to, zeros.start, length) || !same(target.start, untouched.start, 64 + alignment)
            || !same(to + length, untouched.start, 64)
          {
            failures.append("length \(length), alignment \(alignment)")
          }
        }
      }
      #expect(failures.isEmpty, "\(routine.name): \(failures.prefix(3))")
    }
  }

  @Test("zero: ranges flush against unreadable pages", arguments: [false, true])
  func zeroesAtEnds(durable: Bool) {
    let target = GuardedMemory((2 << 20) + 4096)
    let zeros = GuardedMemory((2 << 20) + 4096)
    for routine in Machines.routines({ ZeroRoutine.all(durable: durable, $0) }) {
      for length in Array(0...257) + Self.large {
        memset(target.start, 0xff, length)
        routine.function(target.start, length)
        #expect(same(target.start, zeros.start, length), "\(routine.name), first \(length)")
        memset(target.end - length, 0xff, length)
        routine.function(target.end - length, length)
        #expect(same(target.end - length, zeros.start, length), "\(routine.name), last \(length)")
      }
    }
  }

  @Test("flush routines and peaks leave the bytes alone, and run to the last one")
  func harmless() {
    let source = GuardedMemory(8192)
    let target = GuardedMemory(8192)
    source.fillRandom(seed: 3)
    memcpy(target.start, source.start, 8192)
    for routine in Machines.routines({ FlushRoutine.all($0) }) {
      for length in 0...257 {
        routine.function(target.start + length % 64, length)
        routine.function(target.end - length, length)
      }
      #expect(same(target.start, source.start, 8192), "\(routine.name)")
    }
    for peak in Machines.routines({ PeakRoutine.all($0) }) {
      target.fill(0xa5)
      peak.function(target.start, source.start, 8192)
      let copied = same(target.start, source.start, 8192)
      #expect(copied == peak.name.hasPrefix("copy"), "\(peak.name)")
      let stored = target.bytes.allSatisfy { $0 == 0 }
      #expect(stored == peak.name.hasPrefix("store"), "\(peak.name)")
    }
  }

  @Test("the frozen reference copies, zeroes and compares")
  func reference() {
    let source = GuardedMemory(4096)
    let target = GuardedMemory(4096)
    source.fillRandom(seed: 4)
    for durable in [false, true] {
      for length in 0...257 {
        for alignment in [0, 1, 15, 16, 63] {
          let to = target.start + alignment
          ReferenceRoutine.copy(durable: durable).function(to, source.start, length)
          #expect(ReferenceRoutine.compare.function(to, source.start, length) == length)
          ReferenceRoutine.flush.function(to, length)
          ReferenceRoutine.zero(durable: durable).function(to, length)
          #expect((0..<length).allSatisfy { to.load(fromByteOffset: $0, as: UInt8.self) == 0 })
        }
      }
    }
  }

  @Test("the text of the frozen reference has not changed")
  func frozen() throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let file = try #require(fopen("/\(root)/Sources/CPersist/reference.c", "r"))
    defer { fclose(file) }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    while case let byte = fgetc(file), byte != EOF {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    #expect(hash == frozenReferenceHash, "a changed reference is a new schema, not an edit")
  }
}
