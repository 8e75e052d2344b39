import Foundation
import Testing

@testable import FSDAX

@Suite("Faults of several threads")
struct FaultThreadTests {
  @Test("Faults on one page at once copy it once, and lose no store")
  func onePage() throws {
    let bed = try FaultBed()
    let file = try bed.file(0x61)
    let peer = try bed.sharer(of: file)
    let area = try bed.area(file)
    let threads = RealThreads()
    for place in 0..<4 {
      threads.start {
        for round in 0..<50 { try? bed.store(area, UInt8(round), at: place * 64) }
      }
    }
    threads.join()
    #expect(bed.volume.ledger[.faultBytesCopied] == 4096)
    for place in 0..<4 { #expect(try bed.load(area, at: place * 64, count: 2) == [49, 0x61]) }
    #expect(try bed.read(peer) == [UInt8](repeating: 0x61, count: 4096))
  }

  @Test("Different files fault on one frame at once", arguments: ShareTracking.allCases)
  func oneFrame(tracking: ShareTracking) throws {
    let bed = try FaultBed(tracking: tracking)
    let first = try bed.file(0x61)
    let files = [first] + (try (0..<3).map { _ in try bed.sharer(of: first) })
    let frame = try #require(try bed.block(first))
    let threads = RealThreads()
    for file in files {
      threads.start {
        guard let area = try? bed.area(file), let inode = try? bed.volume.inode(file) else {
          return
        }
        for _ in 0..<100 {
          _ = bed.fault(area, write: false)
          bed.volume.deleteEntries(inode, 0..<1)
        }
        _ = bed.fault(area, write: false)
      }
    }
    threads.join()
    #expect(bed.volume.frames.count(of: frame) == 4)
    #expect(bed.volume.frameOwners(frame).count == 4)
  }

  @Test("Faults against truncation end in the file's bytes or SIGBUS")
  func truncation() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 4 * 4096)
    let area = try bed.area(file, pages: 4)
    let threads = RealThreads()
    threads.start {
      for round in 0..<60 { try? bed.volume.truncate(file, to: round % 5 * 4096) }
      try? bed.volume.truncate(file, to: 4096)
    }
    for place in 0..<2 {
      threads.start {
        for round in 0..<200 { try? bed.store(area, 7, at: (round + place) % 4 * 4096) }
      }
    }
    threads.join()
    #expect(bed.fault(area, 1, write: false).flags == .sigbus)
    #expect(try bed.pages(file) <= 1)
    try bed.store(area, 5)
    #expect(try bed.read(file, byteCount: 1) == [5])
    let size = bed.volume.options.device.byteCount
    #expect(bed.volume.freeByteCount == size - 2 * 4096)
  }

  @Test("Stores through a mapping and copying writes to the same pages both last")
  func copyingWrites() throws {
    let bed = try FaultBed()
    let file = try bed.file(0x61, byteCount: 4 * 4096)
    var peers: [FileID] = []
    for round in 1...20 {
      peers.append(try bed.sharer(of: file))
      let area = try bed.area(file, pages: 4)
      let threads = RealThreads()
      threads.start {
        for page in 0..<4 { try? bed.store(area, UInt8(round), at: page * 4096 + 100) }
      }
      threads.start {
        for page in 0..<4 {
          try? bed.write(file, UInt8(round), at: page * 4096 + 2000, byteCount: 64)
        }
      }
      threads.start { try? bed.volume.sync(file) }
      threads.join()
      for page in 0..<4 {
        let bytes = try bed.read(file, at: page * 4096)
        #expect(bytes[100] == UInt8(round) && bytes[2000] == UInt8(round), "round \(round)")
        #expect(try bed.load(area, at: page * 4096, count: 4096) == bytes)
      }
    }
    for (round, peer) in peers.enumerated() {
      let expected: UInt8 = round == 0 ? 0x61 : UInt8(round)
      #expect(try bed.read(peer, at: 100, byteCount: 1) == [expected])
    }
  }

  /// Under the thread sanitizer also that both change what is known of the file by turns.
  @Test("A sync goes on while its file is removed")
  func removal() throws {
    let bed = try FaultBed()
    for _ in 0..<100 {
      let file = try bed.file(1)
      let threads = RealThreads()
      threads.start { for _ in 0..<20 { try? bed.volume.sync(file) } }
      try bed.volume.remove(file)
      threads.join()
      #expect(bed.volume.freeByteCount == bed.volume.options.device.byteCount - 4096)
    }
  }

  @Test("A waiter for a locked entry goes on when it is unlocked")
  func waiting() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let area = try bed.area(file)
    let inode = try bed.volume.inode(file)
    let held = try #require(
      bed.volume.grab(inode, 0, isHuge: false, bed.volume.ledgers.mine))
    let threads = RealThreads()
    for _ in 0..<3 { threads.start { _ = bed.fault(area, write: false) } }
    while bed.volume.ledger[.entryWaits] < 3 { usleep(1000) }
    inode.entries.unlock(held.base)
    threads.join()
    #expect(bed.volume.ledger[.minorFaults] == 3)
    #expect(try bed.entry(file)?.entry.isLocked == false)
  }
}
