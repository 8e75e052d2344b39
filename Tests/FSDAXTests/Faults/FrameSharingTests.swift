import Testing

@testable import FSDAX

@Suite("Frames in several files")
struct FrameSharingTests {
  static let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

  @Test("F-15: three files map one block, and leave in any order", arguments: orders)
  func closing(order: [Int]) throws {
    for tracking in ShareTracking.allCases {
      let bed = try FaultBed(tracking: tracking)
      let first = try bed.file(0x61)
      let files = [first, try bed.sharer(of: first), try bed.sharer(of: first)]
      let frame = try #require(try bed.block(first))
      for (count, file) in files.enumerated() {
        #expect(bed.volume.frames.count(of: frame) == count)
        let area = try bed.area(file)
        #expect(bed.fault(area, write: false).frame == frame)
      }
      for (left, file) in zip([2, 1, 0], order.map { files[$0] }) {
        #expect(
          Set(bed.volume.frameOwners(frame).map(\.inode)).contains(file.number))
        bed.volume.deleteEntries(try bed.volume.inode(file), 0..<1)
        #expect(bed.volume.frames.count(of: frame) == left)
        #expect(bed.volume.frameOwners(frame).count == left)
      }
      #expect(bed.volume.frames.owners(of: frame) == .known([]))
    }
  }

  @Test("4.6: the counter's path, and a count that fell to 1 stays a count")
  func counter() {
    var counts = ShareCounts()
    let (a, b, c) = (
      BlockOwner(inode: 1, block: 5), BlockOwner(inode: 2, block: 6), BlockOwner(inode: 3, block: 7)
    )
    counts.associate(9, a, isShared: true)
    #expect(counts.owners(of: 9) == .known([a]))
    counts.associate(9, b, isShared: true)
    #expect(counts.owners(of: 9) == .askFilesystem(2))
    counts.associate(9, c, isShared: true)
    #expect(counts.owners(of: 9) == .askFilesystem(3))
    counts.disassociate(9, b)
    #expect(counts.owners(of: 9) == .askFilesystem(2))
    counts.disassociate(9, c)
    #expect(counts.owners(of: 9) == .askFilesystem(1))
    counts.disassociate(9, a)
    #expect(counts.owners(of: 9) == .known([]))
  }

  @Test("12.4: every sharer stores through its mapping in every order", arguments: orders)
  func storing(order: [Int]) throws {
    for tracking in ShareTracking.allCases {
      let bed = try FaultBed(tracking: tracking)
      let first = try bed.file(0x61)
      let files = [first, try bed.sharer(of: first), try bed.sharer(of: first)]
      let frame = try #require(try bed.block(first))
      let areas = try files.map { try bed.area($0) }
      for area in areas { #expect(try bed.load(area) == [0x61]) }
      #expect(bed.volume.frames.count(of: frame) == 3)
      for (step, place) in order.enumerated() {
        try bed.store(areas[place], UInt8(place), at: 100)
        #expect(bed.volume.frames.count(of: frame) == (step == 2 ? 1 : 2 - step))
      }
      for (place, file) in files.enumerated() {
        var expected = [UInt8](repeating: 0x61, count: 4096)
        expected[100] = UInt8(place)
        #expect(try bed.read(file) == expected)
        #expect(try bed.load(areas[place], count: 4096) == expected)
      }
      #expect(bed.volume.firstShared(in: UInt32(frame)..<UInt32(frame) + 1) == nil)
      #expect(Set(try files.map { try bed.block($0) }).count == 3)
      #expect(try bed.block(files[order[2]]) == frame)
    }
  }

  @Test(
    "Random owners: the three designs agree with a plain set",
    arguments: [1, 2, 3] as [UInt64])
  func random(seed: UInt64) {
    var generator = Seeded(seed)
    var counts = ShareCounts()
    var trees = OwnerTrees()
    var shadows = ShadowPages()
    var oracle = [Int: Set<BlockOwner>]()
    for _ in 0..<4000 {
      let frame = Int.random(in: 0..<4, using: &generator) * 170
      let owner = BlockOwner(
        inode: .random(in: 1...12, using: &generator), block: .random(in: 0..<3, using: &generator))
      if oracle[frame, default: []].contains(owner) {
        oracle[frame]?.remove(owner)
        counts.disassociate(frame, owner)
        trees.disassociate(frame, owner)
        shadows.disassociate(frame, owner)
      } else {
        oracle[frame, default: []].insert(owner)
        counts.associate(frame, owner, isShared: true)
        trees.associate(frame, owner, isShared: true)
        shadows.associate(frame, owner, isShared: true)
      }
      let expected = oracle[frame, default: []]
      #expect(counts.count(of: frame) == expected.count, "seed \(seed)")
      #expect(trees.count(of: frame) == expected.count, "seed \(seed)")
      #expect(shadows.count(of: frame) == expected.count, "seed \(seed)")
      for owners in [trees.owners(of: frame), shadows.owners(of: frame)] {
        guard case .known(let found) = owners else {
          Issue.record("this design knows the owners")
          return
        }
        #expect(Set(found) == expected && found.count == expected.count, "seed \(seed)")
      }
    }
  }
}

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
