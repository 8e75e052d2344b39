import Foundation
import Synchronization
import Testing

@testable import FSDAX

@Suite("Btrfs checksums")
struct BtrfsChecksumTests {
  private func summed(_ blocks: Int = 4) throws -> (BtrfsBench, FileID) {
    let bench = try BtrfsBench()
    let file = try bench.file(.summed)
    try bench.fill(file, 0..<blocks, 7)
    return (bench, file)
  }

  @Test("Each published block is checksummed once, and no other")
  func counted() throws {
    let (bench, file) = try summed()
    #expect(bench.volume.ledger[.bytesChecksummed] == 4 << 12)
    try bench.write(file, 4000, [UInt8](repeating: 1, count: 200))
    #expect(bench.volume.ledger[.bytesChecksummed] == 6 << 12)
    let plain = try bench.file(.plain)
    try bench.fill(plain, 0..<4, 1)
    #expect(bench.volume.ledger[.bytesChecksummed] == 6 << 12)
    try bench.check()
  }

  @Test("A damaged byte is EIO on read, and bytes before its block are read", arguments: [0, 4095])
  func damage(offset: Int) throws {
    let (bench, file) = try summed()
    bench.corrupt(try #require(try bench.device(file, 2)), at: offset)
    #expect(failure { _ = try bench.read(file, 8192, 1) } == .EIO)
    #expect(failure { _ = try bench.read(file, 12_287, 1) } == .EIO)
    #expect(try bench.read(file, 100, 16_000).count == 8092)
    #expect(try bench.read(file, 12_288, 4096) == [UInt8](repeating: 7, count: 4096))
  }

  @Test(
    "Without checksums a damaged byte is read as it is",
    arguments: [BtrfsBench.Kind.plain, .nodatacow])
  func silentDamage(kind: BtrfsBench.Kind) throws {
    let bench = try BtrfsBench()
    let file = try bench.file(kind)
    try bench.fill(file, 0..<1, 7)
    bench.corrupt(try #require(try bench.device(file, 0)), at: 9)
    #expect(try bench.read(file, 8, 3) == [7, 7 ^ 0x10, 7])
  }

  @Test("A damaged old block gives no edge to a new one, but may be overwritten whole")
  func damagedSource() throws {
    let (bench, file) = try summed()
    let place = try #require(try bench.device(file, 1))
    bench.corrupt(place, at: 50)
    let free = bench.volume.freeByteCount
    #expect(failure { try bench.write(file, 4096, [1]) } == .EIO)
    #expect(failure { try bench.write(file, 4196, [UInt8](repeating: 1, count: 8000)) } == .EIO)
    #expect(failure { try bench.write(file, 0, [UInt8](repeating: 1, count: 5000)) } == .EIO)
    #expect(failure { try bench.volume.zero(file, at: 4100, byteCount: 9) } == .EIO)
    #expect(failure { try bench.volume.unshare(file, at: 4096, byteCount: 1) } == .EIO)
    #expect(try bench.device(file, 1) == place && bench.volume.freeByteCount == free)
    let inode = try bench.inode(file)
    let hasStaging = !inode.cow.isEmpty
    #expect(!hasStaging)
    #expect(try bench.fill(file, 1..<2, 3) == 4096)
    #expect(try bench.read(file, 4095, 2) == [7, 3])
    try bench.check()
  }

  @Test("Damage is of the medium, not of the file: a snapshot meets it too")
  func damagedSnapshot() throws {
    let (bench, file) = try summed()
    let snapshot = try bench.volume.snapshot(file)
    bench.corrupt(try #require(try bench.device(file, 0)), at: 1)
    #expect(failure { _ = try bench.read(snapshot, 0, 1) } == .EIO)
    try bench.fill(file, 0..<1, 2)
    #expect(try bench.read(file, 0, 1) == [2])
    #expect(failure { _ = try bench.read(snapshot, 0, 1) } == .EIO)
  }

  @Test("Poison is the medium's error, and a whole overwrite goes elsewhere")
  func poison() throws {
    let (bench, file) = try summed()
    let place = try #require(try bench.device(file, 1))
    bench.volume.device.badBlocks.insert(Int(place) << 3..<Int(place) << 3 + 1)
    #expect(failure { _ = try bench.read(file, 4096, 1) } == .EIO)
    #expect(failure { try bench.write(file, 4700, [1]) } == .EIO)
    #expect(try bench.fill(file, 1..<2, 3) == 4096)
    #expect(try bench.read(file, 4096, 1) == [3])
    bench.volume.device.badBlocks.remove(0..<Int.max)
    try bench.check()
  }

  @Test("DAX and checksums exclude each other: no mapping, no fault, no change of mind")
  func noMapping() throws {
    let (bench, file) = try summed()
    let inode = try bench.inode(file)
    let volume = bench.volume
    #expect(failure { try volume.checkMappable(inode) } == .EOPNOTSUPP)
    for operation in [[.dax, .fault], [.dax, .fault, .write]] as [OperationFlags] {
      for position in [UInt64(0), 1 << 20] {
        let found = failure {
          _ = try volume.begin(
            inode, position: position, byteCount: 4096, operation, volume.ledgers.mine)
        }
        #expect(found == .EOPNOTSUPP)
      }
    }
    #expect(failure { try volume.setAttributes(of: file) { $0.isNodatasum = true } } == .EINVAL)
    #expect(failure { try volume.setAttributes(of: file) { $0.isNodatacow = true } } == .EINVAL)
    #expect(try !volume.attributes(of: file).isNodatacow)
    try volume.setAttributes(of: file) { $0.ownerID = 5 }
    let plain = try bench.file(.plain)
    #expect(failure { try volume.checkMappable(bench.inode(plain)) } == nil)
    try volume.setAttributes(of: plain) { $0.isNodatasum = false }
    #expect(failure { try volume.checkMappable(bench.inode(plain)) } == .EOPNOTSUPP)
    try bench.check()
  }

  @Test("Checksums do not begin in the middle of a fault that gives the file its first block")
  func changeInFault() throws {
    let scene = try CopyingFault()
    let (bench, file) = (scene.bench, scene.file)
    let isInFault = DispatchSemaphore(value: 0)
    let isOver = DispatchSemaphore(value: 0)
    let found = Mutex<Errno?>(nil)
    let threads = RealThreads()
    threads.start {
      isInFault.wait()
      let error = failure { try bench.volume.setAttributes(of: file) { $0.isNodatasum = false } }
      found.withLock { $0 = error }
      isOver.signal()
    }
    scene.hook.arm {
      isInFault.signal()
      // As it should, the other thread waits for this one.
      _ = isOver.wait(timeout: .now() + 0.1)
    }
    #expect(scene.fault().flags == .noPage)
    #expect(!scene.hook.isArmed)
    isInFault.signal()
    threads.join()
    #expect(found.withLock { $0 } == .EINVAL)
    let nine: [UInt8] = [9]
    try bench.volume.store(scene.area, at: 0, nine.span.bytes)
    #expect(try bench.read(file, 0, 2) == [9, 0])
    try bench.check()
  }

  @Test("Blocks that were another file's bring no checksum along")
  func reused() throws {
    let (bench, file) = try summed(2000)
    try bench.volume.remove(file)
    let plain = try bench.file(.plain)
    try bench.fill(plain, 0..<1000, 1)
    try bench.volume.allocate(plain, at: 1000 << 12, byteCount: 500 << 12)
    try bench.check()
  }
}
