import HotCore
import Testing

@testable import FSDAX

@Suite("Real mappings: sharing")
struct MappingShareTests {
  @Test(
    "userfaultfd is to be had",
    .enabled(if: TrapMechanism.usable.contains(.userfault), "the kernel refuses userfaultfd here"))
  func userfault() { #expect(TrapMechanism.usable == TrapMechanism.allCases) }

  @Test("files with a block in common show one page", arguments: TrapMechanism.usable)
  func onePage(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let first = try rig.file(page(of: 0x61))
    let second = try rig.clone(first)
    let (left, right) = (try rig.map(first, mechanism), try rig.map(second, mechanism))
    #expect(left.load(at: 0) == 0x61 && right.load(at: 4095) == 0x61)
    // A store past both of them is seen through both: it is the same frame.
    let old = try #require(rig.block(first, 0))
    rig.medium(old)[7] = 0x7a
    #expect(left.load(at: 7) == 0x7a && right.load(at: 7) == 0x7a)
    #expect(rig.volume.frames.count(of: Int(old)) == 2)

    #expect(left.store(0x62, at: 0))
    rig.medium(old)[8] = 0x7b
    #expect(left.load(at: 8) == 0x61 && right.load(at: 8) == 0x7b)
    #expect(left.load(at: 0) == 0x62 && right.load(at: 0) == 0x61)
    #expect(left.load(at: 7) == 0x7a)
    let new = try #require(rig.block(first, 0))
    #expect(new != old && rig.block(second, 0) == old)
    rig.medium(new)[9] = 0x7c
    #expect(left.load(at: 9) == 0x7c && right.load(at: 9) == 0x61)
    rig.expectInvariants()
  }

  @Test(
    "sharers that write in any order each have their own value",
    arguments: TrapMechanism.usable, [3, 4])
  func everyOrder(_ mechanism: TrapMechanism, _ count: Int) throws {
    for isReadFirst in [true, false] {
      for order in permutations(count) {
        let rig = try Rig.mappable(byteCount: 1 << 20)
        var files = [try rig.file(page(of: 0x61))]
        while files.count < count { files.append(try rig.clone(files[files.count - 1])) }
        let mappings = try files.map { try rig.map($0, mechanism) }
        if isReadFirst { for mapping in mappings { #expect(mapping.load(at: 1) == 0x61) } }
        let shared = try #require(rig.block(files[0], 0))
        #expect(rig.referenceCount(shared) == UInt32(count))

        var written: Set<Int> = []
        for (turn, sharer) in order.enumerated() {
          let counted = rig.counting { #expect(mappings[sharer].store(UInt8(sharer), at: 5)) }
          written.insert(sharer)
          let isLast = turn == count - 1
          #expect(counted[.cowFaults] == (isLast ? 0 : 1), "order \(order), turn \(turn)")
          #expect((rig.block(files[sharer], 0) == shared) == isLast)
          for other in 0..<count {
            let expected = written.contains(other) ? UInt8(other) : 0x61
            #expect(mappings[other].load(at: 5) == expected, "order \(order), turn \(turn)")
            #expect(mappings[other].load(at: 6) == 0x61)
          }
        }
        for (sharer, file) in files.enumerated() {
          var expected = page(of: 0x61)
          expected[5] = UInt8(sharer)
          #expect(try rig.contents(file) == expected, "order \(order)")
          #expect(rig.referenceCount(try #require(rig.block(file, 0))) == 1)
        }
        #expect(Set(files.map { rig.block($0, 0) }).count == count)
        let groups = 0..<rig.volume.groups.count
        #expect(groups.allSatisfy { rig.volume.groups[$0].state.refcounts.sharedRecordCount == 0 })
        rig.expectInvariants()
      }
    }
  }

  @Test("a write to one sharer leaves the other's mapping", arguments: TrapMechanism.usable)
  func writeBeside(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let first = try rig.file(pattern(3 * Rig.page))
    let second = try rig.clone(first)
    let mapping = try rig.map(first, mechanism, pages: 3)
    for index in 0..<3 { #expect(mapping.load(at: index * 4096) != nil) }
    try rig.write(second, 4000, [UInt8](repeating: 9, count: 300))
    for index in 0..<3 {
      let expected = pattern(3 * Rig.page)[index * 4096..<(index + 1) * 4096]
      #expect(mapping.page(index) == Array(expected))
    }
    #expect(mapping.store(1, at: 4096))
    var expected = pattern(3 * Rig.page)
    for offset in 4000..<4300 { expected[offset] = 9 }
    #expect(try rig.contents(second) == expected)
  }

  @Test("a mapping sees what a copying write has written", arguments: TrapMechanism.usable)
  func writeBelow(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let first = try rig.file(page(of: 1) + page(of: 2))
    let second = try rig.clone(first)
    let mapping = try rig.map(first, mechanism, pages: 2)
    let other = try rig.map(second, mechanism, pages: 2)
    // The first page clean, the second one stored into, so copied once already.
    #expect(mapping.load(at: 10) == 1 && mapping.store(3, at: 4096 + 10))
    #expect(other.load(at: 10) == 1)
    let counted = try rig.counting { try rig.write(first, 4090, zeros(12)) }
    #expect(counted[.edgeBytesCopied] > 0)
    #expect(mapping.page(0) == page(of: 1)[..<4090] + zeros(6))
    var expected = zeros(6) + page(of: 2)[6...]
    expected[10] = 3
    #expect(mapping.page(1) == expected)
    #expect(other.page(0) == page(of: 1) && other.page(1) == page(of: 2))
    // In place, and seen without a fault.
    let free = rig.volume.freeByteCount
    let faults = try rig.counting {
      try rig.write(first, 0, [0x55])
      #expect(mapping.load(at: 0) == 0x55)
    }
    #expect(faults[.pteFaults] == 0 && rig.volume.freeByteCount == free)
    rig.expectInvariants()
  }

  @Test("a clone write-protects what is mapped", arguments: TrapMechanism.usable)
  func cloneUnder(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let first = try rig.file(page(of: 1))
    let mapping = try rig.map(first, mechanism)
    #expect(mapping.store(2, at: 0))
    let second = try rig.clone(first)
    #expect(mapping.store(3, at: 0) && mapping.load(at: 0) == 3)
    #expect(try rig.contents(second) == [2] + page(of: 1)[1...])
    // A clone over a mapped file: it shows the new bytes.
    let third = try rig.file(page(of: 7))
    try rig.volume.clone(from: third, to: first)
    #expect(mapping.page(0) == page(of: 7))
    #expect(rig.block(first, 0) == rig.block(third, 0))
  }
}
