import Glibc
import HotCore
import Testing

@Suite("Trap ranges")
struct TrapRangeTests {
  @Test("a read traps once and sees the file", arguments: TrapMechanism.available)
  func reads(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    #expect(Int(bitPattern: trapped.base) % (2 << 20) == 0 && trapped.byteCount == 2 << 20)
    for page in [0, 1, 7, 511] {
      trapped.fill(filePage: page, UInt8(page & 0x7F) + 1)
      #expect(trapped[page] == UInt8(page & 0x7F) + 1)
      #expect(trapped[page] == UInt8(page & 0x7F) + 1)
      #expect(trapped.asked() == [read(page)])
    }
  }

  @Test("a write traps once and reaches the file", arguments: TrapMechanism.available)
  func writes(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    for page in [511, 0, 3] {
      trapped[page] = 0xA0
      trapped[page] = 0xA1
      #expect(trapped[page] == 0xA1 && trapped.inFile(page) == 0xA1)
      #expect(trapped.asked() == [write(page)])
    }
  }

  @Test("a write to a page mapped read-only traps", arguments: TrapMechanism.available)
  func upgrades(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    trapped.fill(filePage: 5, 9)
    #expect(trapped[5] == 9)
    trapped[5] = 10
    #expect(trapped[5] == 10 && trapped.inFile(5) == 10)
    #expect(trapped.asked() == [read(5), write(5)])
  }

  @Test("an exchange of memory is a write", arguments: TrapMechanism.available)
  func exchanges(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    trapped.fill(filePage: 2, 1)
    // An addition in place: the kernel sees one access that reads and writes.
    let word = (trapped.base + 2 * 4096).assumingMemoryBound(to: UInt32.self)
    word.pointee &+= 1
    #expect(trapped.asked().last == write(2) && word.pointee == 0x0101_0102)
  }

  @Test(
    "a protected page traps on the next write, and only then", arguments: TrapMechanism.available)
  func protects(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    for page in [1, 2, 4] { trapped[page] = 1 }
    _ = trapped[5]
    _ = trapped.asked()
    // 0 and 3 are not mapped, 5 is read-only: write-back leaves them so.
    try trapped.protect(0, count: 8)
    #expect(trapped[1] == 1 && trapped[2] == 1 && trapped[4] == 1 && trapped[5] == 0)
    #expect(trapped.asked().isEmpty)
    trapped[2] = 2
    trapped[2] = 3
    #expect(trapped.asked() == [write(2)] && trapped.inFile(2) == 3)
    _ = trapped[3]
    trapped[0] = 1
    #expect(trapped.asked() == [read(3), write(0)])
    trapped[1] = 4
    trapped[4] = 4
    #expect(trapped.asked() == [write(1), write(4)])
  }

  @Test("an unmapped page traps again, from each state", arguments: TrapMechanism.available)
  func unmaps(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    _ = trapped[0]
    trapped[1] = 1
    try trapped.mapZero(2)
    _ = trapped.asked()
    try trapped.unmap(0, count: 4)
    for page in 0..<4 { _ = trapped[page] }
    #expect(trapped.asked() == (0..<4).map(read))
    try trapped.unmap(1)
    trapped[1] = 2
    #expect(trapped.asked() == [write(1)])
  }

  @Test("pages of zeros read as zeros and trap on a write", arguments: TrapMechanism.available)
  func zeros(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism) { trapped, access in
      if access.isWrite {
        try trapped.map(access.page, at: access.page, isWritable: true)
      } else {
        try trapped.mapZero(access.page)
      }
      return .resolved
    }
    for page in 0..<3 { trapped.fill(filePage: page, 0xFF) }
    #expect(trapped[0] == 0 && trapped[1] == 0)
    trapped[1] = 7
    #expect(trapped[0] == 0 && trapped.inFile(1) == 7)
    #expect(trapped.base.load(fromByteOffset: 4097, as: UInt8.self) == 0xFF)
    #expect(trapped.asked() == [read(0), read(1), write(1)])
    // All of the range at once, huge page or not.
    try trapped.unmap(0, count: 512)
    try trapped.mapZero(0, count: 512)
    #expect((0..<512).allSatisfy { trapped[$0] == 0 } && trapped.asked().isEmpty)
    trapped[300] = 1
    #expect(trapped.asked() == [write(300)] && trapped[299] == 0 && trapped[301] == 0)
    #expect(trapped.inFile(300) == 1 && trapped.asked().isEmpty)
  }

  @Test(
    "ranges that map one page of the file see each other's stores",
    arguments: TrapMechanism.available)
  func shares(_ mechanism: TrapMechanism) throws {
    let rule: Trapped.Rule = { trapped, access in
      try trapped.map(access.page, at: 100, isWritable: access.isWrite)
      return .resolved
    }
    let first = try Trapped(mechanism: mechanism, rule: rule)
    let second = try Trapped(mechanism: mechanism, sharing: first, rule: rule)
    first[3] = 1
    #expect(second[9] == 1)
    first[3] = 2
    #expect(second[9] == 2)
    second[9] = 3
    #expect(first[3] == 3 && first.inFile(100) == 3)
    #expect(first.asked() == [write(3)] && second.asked() == [read(9), write(9)])
  }

  @Test(
    "2 MiB are mapped by one trap, and protected and unmapped as a whole",
    arguments: TrapMechanism.available)
  func huge(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(pages: 1024, mechanism: mechanism) { trapped, access in
      let first = access.page & ~511
      try trapped.map(first, count: 512, at: 512 - first, isWritable: access.isWrite)
      return .resolved
    }
    trapped.fill(filePage: 1023, 5)
    #expect(trapped[511] == 5)
    #expect((0..<512).allSatisfy { trapped[$0] == ($0 == 511 ? 5 : 0) })
    #expect(trapped.asked() == [read(511)])
    for page in 0..<512 { trapped[page] = UInt8(page & 255) }
    #expect(trapped.asked() == [write(0)])
    #expect((0..<512).allSatisfy { trapped.inFile(512 + $0) == UInt8($0 & 255) })
    try trapped.protect(0, count: 512)
    trapped[77] = 1
    trapped[78] = 1
    #expect(trapped.asked() == [write(77)])
    try trapped.unmap(0, count: 512)
    trapped[512] = 9
    _ = trapped[100]
    #expect(trapped.asked() == [write(512), read(100)] && trapped.inFile(0) == 9)
  }

  @Test("mapping what is mapped changes nothing", arguments: TrapMechanism.available)
  func repeats(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    for _ in 0..<3 { try trapped.map(1, at: 1, isWritable: false) }
    #expect(trapped[1] == 0)
    for _ in 0..<3 { try trapped.map(1, at: 1, isWritable: true) }
    trapped[1] = 3
    #expect(trapped[1] == 3 && trapped.asked().isEmpty)
    try trapped.map(1, at: 1, isWritable: false)
    #expect(trapped[1] == 3)
    trapped[1] = 4
    #expect(trapped.asked() == [write(1)] && trapped.inFile(1) == 4)
  }

  @Test("random operations agree with a plain table", arguments: TrapMechanism.available)
  func agrees(_ mechanism: TrapMechanism) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    let trapped = try Trapped(pages: 16, mechanism: mechanism)
    var bytes = [UInt8](repeating: 0, count: 16)
    var isReadable = [Bool](repeating: false, count: 16)
    var isWritable = isReadable
    for step in 0..<3000 {
      let page = Int.random(in: 0..<16, using: &random)
      let count = Int.random(in: 1...min(4, 16 - page), using: &random)
      var expected: [Trapped.Access] = []
      switch Int.random(in: 0..<8, using: &random) {
      case 0..<2:
        if !isReadable[page] { expected = [read(page)] }
        isReadable[page] = true
        try #require(trapped[page] == bytes[page], "seed \(seed) step \(step)")
      case 2..<4:
        if !isWritable[page] { expected = [write(page)] }
        isReadable[page] = true
        isWritable[page] = true
        bytes[page] = UInt8(step & 255)
        trapped[page] = bytes[page]
        try #require(trapped.inFile(page) == bytes[page], "seed \(seed) step \(step)")
      case 4:
        try trapped.protect(page, count: count)
        for index in page..<page + count { isWritable[index] = false }
      case 5:
        try trapped.unmap(page, count: count)
        for index in page..<page + count {
          isReadable[index] = false
          isWritable[index] = false
        }
      default:
        let makesWritable = Bool.random(using: &random)
        try trapped.map(page, count: count, at: page, isWritable: makesWritable)
        for index in page..<page + count {
          isReadable[index] = true
          isWritable[index] = makesWritable
        }
      }
      if trapped.asked() != expected {
        Issue.record("seed \(seed) step \(step)")
        return
      }
    }
  }
}
