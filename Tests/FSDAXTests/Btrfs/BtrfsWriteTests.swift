import Synchronization
import Testing

@testable import FSDAX

@Suite("Btrfs writes")
struct BtrfsWriteTests {
  @Test("B-1: an aligned direct write goes to a new extent; a snapshot keeps the old one")
  func newExtent() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.plain)
    try bench.fill(file, 0..<4, 1)
    let before = try bench.device(file, 1)
    let free = bench.volume.freeByteCount
    #expect(try bench.volume.writePath(of: file, at: 4096, byteCount: 4096) == .direct)
    try bench.fill(file, 1..<2, 2)
    let moved = try bench.device(file, 1)
    #expect(moved != before)
    #expect(bench.volume.freeByteCount == free, "the old block is free again")

    let snapshot = try bench.volume.snapshot(file)
    try bench.fill(file, 1..<2, 3)
    #expect(try bench.device(snapshot, 1) == moved)
    #expect(try bench.device(file, 1) != moved)
    #expect(bench.volume.freeByteCount == free - 4096, "the old block stays")
    #expect(try bench.read(snapshot, 4096, 4096) == [UInt8](repeating: 2, count: 4096))
    #expect(try bench.read(file, 4096, 4096) == [UInt8](repeating: 3, count: 4096))
    try bench.check()
  }

  @Test("B-1: a write takes exactly its blocks, rounded outward, and copies its edges")
  func exactBlocks() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.plain)
    try bench.fill(file, 0..<8, 7)
    let before = bench.volume.ledger
    try bench.write(file, 4196, [UInt8](repeating: 9, count: 8000))
    let change = bench.volume.ledger - before
    #expect(change[.blocksAllocated] == 2)
    #expect(change[.blocksFreed] == 2)
    #expect(change[.edgeBytesCopied] == 192)
    var expected = [UInt8](repeating: 7, count: 8 << 12)
    for index in 4196..<12_196 { expected[index] = 9 }
    #expect(try bench.contents(file) == expected)
    try bench.check()
  }

  @Test("A write into a hole takes new blocks whose edges are zeros")
  func hole() throws {
    let bench = try BtrfsBench()
    let dirty = try bench.file(.plain)
    try bench.fill(dirty, 0..<2000, 0xAA)
    try bench.volume.remove(dirty)
    let file = try bench.file(.plain)
    try bench.write(file, 5000, [1, 2, 3])
    try bench.volume.truncate(file, to: 12_288)
    var expected = [UInt8](repeating: 0, count: 12_288)
    expected.replaceSubrange(5000..<5003, with: [1, 2, 3])
    #expect(try bench.contents(file) == expected)
    #expect(try bench.device(file, 0) == nil)
    try bench.check()
  }

  @Test("B-4: an overwrite of a private extent without copy-on-write stays in place")
  func inPlace() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.nodatacow)
    try bench.fill(file, 0..<4, 1)
    let places = try (0..<4).map { try bench.device(file, $0) }
    let before = bench.volume.ledger
    try bench.write(file, 100, [UInt8](repeating: 2, count: 10_000))
    let change = bench.volume.ledger - before
    #expect(change[.blocksAllocated] == 0 && change[.refcountUpdates] == 0)
    #expect(try (0..<4).map { try bench.device(file, $0) } == places)
    #expect(try bench.read(file, 100, 10_000) == [UInt8](repeating: 2, count: 10_000))
    #expect(try !bench.volume.zero(file, at: 0, byteCount: 0))
    #expect(try bench.volume.zero(file, at: 50, byteCount: 5000))
    #expect(try (0..<4).map { try bench.device(file, $0) } == places)
    try bench.check()
  }

  @Test("B-5: after a snapshot it is copied on write, once, and then in place again")
  func afterSnapshot() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.nodatacow)
    try bench.fill(file, 0..<4, 1)
    let old = try bench.device(file, 2)
    let snapshot = try bench.volume.snapshot(file)
    #expect(try bench.counts(file, 0..<4) == [2, 2, 2, 2])
    try bench.write(file, 8292, [5])
    let moved = try bench.device(file, 2)
    #expect(moved != old)
    #expect(try bench.device(snapshot, 2) == old)
    #expect(try bench.counts(file, 0..<4) == [2, 2, 1, 2])
    try bench.write(file, 8293, [6])
    #expect(try bench.device(file, 2) == moved)
    #expect(try bench.read(file, 8291, 4) == [1, 5, 6, 1])
    #expect(try bench.contents(snapshot) == [UInt8](repeating: 1, count: 4 << 12))
    try bench.check()
  }

  @Test("B-4: each condition of an overwrite in place denies it alone")
  func conditions() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.nodatacow)
    try bench.fill(file, 0..<1, 1)
    let home = try #require(try bench.device(file, 0))

    bench.volume.btrfs.snapshotCount.store(1, ordering: .relaxed)
    try bench.write(file, 0, [2])
    let second = try #require(try bench.device(file, 0))
    #expect(second != home, "a snapshot is being taken")
    bench.volume.btrfs.snapshotCount.store(0, ordering: .relaxed)
    try bench.write(file, 0, [3])
    #expect(try bench.device(file, 0) == second)

    bench.volume.btrfs.checksums.record(second..<second + 1, bench.volume.device)
    try bench.write(file, 0, [4])
    let third = try #require(try bench.device(file, 0))
    #expect(third != second, "there is a checksum for the range")
    try bench.volume.setAttributes(of: file) { $0.isNodatacow = false }
    try bench.write(file, 0, [5])
    #expect(try bench.device(file, 0) != third, "the file is copied on write")
    try bench.check()
  }

  @Test("B-4: a read-only block group is neither overwritten nor allocated from")
  func readOnlyGroup() throws {
    let bench = try BtrfsBench(blockCount: 2048, groupCount: 2)
    let file = try bench.file(.nodatacow)
    try bench.fill(file, 0..<2, 1)
    let place = try #require(try bench.device(file, 0))
    let group = bench.volume.groups.index(of: place)
    bench.volume.btrfs.setGroup(group, isReadOnly: true)
    try bench.write(file, 10, [2])
    let moved = try #require(try bench.device(file, 0))
    #expect(bench.volume.groups.index(of: moved) == 1 - group)
    bench.volume.btrfs.setGroup(1 - group, isReadOnly: true)
    #expect(failure { try bench.write(file, 4096, [1]) } == .ENOSPC)
    bench.volume.btrfs.setGroup(group, isReadOnly: false)
    let stays = try bench.device(file, 1)
    try bench.write(file, 4096, [1])
    #expect(try bench.device(file, 1) == stays)
    try bench.check()
  }

  @Test("An unwritten extent is written in place, unless the file has checksums")
  func unwritten() throws {
    for kind in BtrfsBench.Kind.allCases {
      let bench = try BtrfsBench()
      let file = try bench.file(kind)
      try bench.volume.allocate(file, at: 0, byteCount: 4 << 12)
      let place = try bench.device(file, 1)
      try bench.write(file, 4196, [3])
      #expect((try bench.device(file, 1) == place) == (kind != .summed))
      var expected = [UInt8](repeating: 0, count: 4 << 12)
      expected[4196] = 3
      #expect(try bench.contents(file) == expected)
      try bench.check()
    }
  }

  @Test("Zero, unshare and the edges of a punch are copied on write; holes stay holes")
  func otherChanges() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.plain)
    try bench.fill(file, 0..<3, 1)
    try bench.volume.truncate(file, to: 6 << 12)
    let snapshot = try bench.volume.snapshot(file)
    let places = try (0..<3).map { try bench.device(file, $0) }
    try bench.volume.zero(file, at: 100, byteCount: 50)
    #expect(try bench.device(file, 0) != places[0])
    try bench.volume.unshare(file, at: 4096, byteCount: 1)
    #expect(try bench.device(file, 1) != places[1])
    try bench.volume.punch(file, at: 8292, byteCount: 100)
    #expect(try bench.device(file, 2) != places[2])
    #expect(try !bench.volume.zero(file, at: 4 << 12, byteCount: 5000))
    #expect(try bench.device(file, 4) == nil)
    #expect(try (0..<3).map { try bench.device(snapshot, $0) } == places)
    #expect(try bench.read(snapshot, 0, 3 << 12) == [UInt8](repeating: 1, count: 3 << 12))
    #expect(try bench.read(file, 4096, 4096) == [UInt8](repeating: 1, count: 4096))
    try bench.volume.punch(file, at: 0, byteCount: 3 << 12)
    #expect(try bench.counts(snapshot, 0..<3) == [1, 1, 1])
    try bench.check()
  }

  @Test("A read-only root refuses changes, and a root of XFS has no snapshot")
  func readOnlyRoot() throws {
    let bench = try BtrfsBench()
    let file = try bench.file(.plain)
    try bench.fill(file, 0..<1, 1)
    bench.volume.isRootReadOnly = true
    #expect(failure { try bench.write(file, 0, [1]) } == .EROFS)
    #expect(failure { _ = try bench.volume.snapshot(file) } == .EROFS)
    #expect(try bench.contents(file) == [UInt8](repeating: 1, count: 4096))
    bench.volume.isRootReadOnly = false
    try bench.write(file, 0, [1])
    let other = try Volume(VolumeOptions(byteCount: 1 << 20))
    let plain = try other.create()
    #expect(failure { _ = try other.snapshot(plain) } == .EOPNOTSUPP)
    #expect(failure { _ = try other.writePath(of: plain, at: 0, byteCount: 1) } == .EOPNOTSUPP)
  }
}
