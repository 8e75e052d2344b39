import Glibc
import Testing

@testable import HotCore

@Suite("Compare routines")
struct CompareTests {
  @Test("equal ranges of every alignment and short length, flush against unreadable pages")
  func equal() {
    let left = GuardedMemory((2 << 20) + 4096)
    let right = GuardedMemory((2 << 20) + 4096)
    left.fillRandom(seed: 5)
    for routine in Machines.routines({ CompareRoutine.all($0) }) {
      memcpy(right.start, left.start, left.bytes.count)
      for length in Array(0...257) + CopyTests.large {
        #expect(routine.function(left.start, right.start, length) == length, "\(routine.name)")
        let a = left.end - length
        let b = right.end - length
        #expect(routine.function(a, b, length) == length, "\(routine.name) last \(length)")
      }
      var wrong = 0
      for length in 0...257 {
        for alignment in 0..<64 {
          let offset = (alignment &* 7 &+ length &* 13) % 64
          memcpy(right.start + offset, left.start + alignment, length)
          let found = routine.function(left.start + alignment, right.start + offset, length)
          if found != length { wrong += 1 }
        }
      }
      #expect(wrong == 0, "\(routine.name)")
    }
  }

  @Test("the first of two differences, at every position; bytes have no sign")
  func mismatch() {
    let left = GuardedMemory(4096)
    let right = GuardedMemory(4096)
    let flips: [UInt8] = [0x01, 0x80, 0xff, 0x7f]
    for routine in Machines.routines({ CompareRoutine.all($0) }) {
      for length in Array(1...140) + [255, 256, 257, 384, 640] {
        let a = left.end - length
        let b = right.start + length % 64
        memset(a, 0x7f, length)
        memset(b, 0x7f, length)
        var wrong: [Int] = []
        for position in 0..<length {
          let flip = flips[position % 4]
          b.storeBytes(of: 0x7f ^ flip, toByteOffset: position, as: UInt8.self)
          let later = position + (length - position) / 2
          b.storeBytes(of: 0x7f ^ flip, toByteOffset: later, as: UInt8.self)
          if routine.function(a, b, length) != position { wrong.append(position) }
          if routine.function(b, a, length) != position { wrong.append(position) }
          b.storeBytes(of: 0x7f, toByteOffset: position, as: UInt8.self)
          b.storeBytes(of: 0x7f, toByteOffset: later, as: UInt8.self)
        }
        #expect(wrong.isEmpty, "\(routine.name), length \(length)")
      }
    }
  }

  @Test("a difference beyond the range is not seen")
  func beyond() {
    let left = GuardedMemory(4096)
    let right = GuardedMemory(4096)
    right.fill(0xff)
    for routine in Machines.routines({ CompareRoutine.all($0) }) {
      for length in 0...257 {
        memset(right.start + 64, 0, length)
        #expect(routine.function(left.start + 64, right.start + 64, length) == length)
        memset(right.start + 64, 0xff, length)
      }
    }
  }
}
