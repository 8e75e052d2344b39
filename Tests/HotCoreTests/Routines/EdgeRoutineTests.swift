import Glibc
import Testing

@testable import HotCore

@Suite("Edge copy routines")
struct EdgeRoutineTests {
  /// A block range between bytes that must not change, its inputs, and what it must become.
  struct Bench {
    let target: GuardedMemory
    let source: GuardedMemory
    let data: GuardedMemory
    let expected: GuardedMemory
    let size: Int

    init(size: Int, seed: UInt64) {
      self.size = size
      target = GuardedMemory(size + 8192)
      source = GuardedMemory(size)
      data = GuardedMemory(size + 64)
      expected = GuardedMemory(size + 8192)
      source.fillRandom(seed: seed)
      data.fillRandom(seed: seed ^ 1)
    }

    /// Runs a routine with the data at an odd address, its last byte before an unreadable page, and
    /// compares all memory with what a byte loop gives.
    func holds(_ routine: EdgeCopyRoutine, head: Int, length: Int, mapped: Bool) -> Bool {
      let whole = head == 0 && length == size
      let block = target.start + 4096
      let body = data.end - length
      target.fill(0xa5)
      routine.function(block, mapped ? source.start : nil, body, head, length, size)
      expected.fill(0xa5)
      let oracle = expected.start + 4096
      for offset in 0..<size {
        let written = !whole && (head..<head + length).contains(offset)
        let byte =
          written
          ? body.load(fromByteOffset: offset - head, as: UInt8.self)
          : mapped ? source.bytes[offset] : 0
        oracle.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
      }
      return same(target.start, expected.start, target.bytes.count)
    }
  }

  @Test("random writes into small and page blocks", arguments: [false, true])
  func random(durable: Bool) {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SplitMix(seed: seed)
    let routines = Machines.routines { EdgeCopyRoutine.all(durable: durable, $0) }
    for size in [64, 128, 512, 4096] {
      let bench = Bench(size: size, seed: seed)
      for round in 0..<(size == 4096 ? 6 : 24) {
        let head = round == 0 ? 0 : Int.random(in: 0..<size, using: &generator)
        let length = round == 0 ? size : Int.random(in: 1...size - head, using: &generator)
        for routine in routines {
          for mapped in [true, false] {
            #expect(
              bench.holds(routine, head: head, length: length, mapped: mapped),
              "\(routine.name), \(head)+\(length) in \(size), mapped \(mapped), seed \(seed)")
          }
        }
      }
    }
  }

  @Test("every write into three lines, by the product", arguments: [false, true])
  func exhaustive(durable: Bool) {
    let bench = Bench(size: 192, seed: 9)
    let routines = Machines.routines { EdgeCopyRoutine.all(durable: durable, $0) }
      .filter { $0.name == "auto" || $0.name == "avx2-nt" || $0.name == "kernel" }
    for head in 0..<192 {
      for length in stride(from: 1, through: 192 - head, by: head % 3 + 1) {
        let routine = routines[(head + length) % routines.count]
        #expect(
          bench.holds(routine, head: head, length: length, mapped: length % 2 == 0),
          "\(routine.name), \(head)+\(length)")
      }
    }
  }

  @Test("a 2 MiB block", arguments: [false, true])
  func huge(durable: Bool) {
    let size = 2 << 20
    let target = GuardedMemory(size)
    let source = GuardedMemory(size)
    let data = GuardedMemory(4096)
    source.fillRandom(seed: 11)
    data.fillRandom(seed: 12)
    for routine in Machines.routines({ EdgeCopyRoutine.all(durable: durable, $0) }) {
      target.fill(0xa5)
      routine.function(target.start, source.start, data.start, 4095, 3000, size)
      #expect(same(target.start, source.start, 4095), "\(routine.name) head")
      #expect(same(target.start + 4095, data.start, 3000), "\(routine.name) body")
      #expect(
        same(target.start + 7095, source.start + 7095, size - 7095), "\(routine.name) tail")
    }
  }
}
