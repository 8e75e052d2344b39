import Foundation
import Synchronization
import Testing

@testable import FSDAX

@Suite("Btrfs with several threads")
struct BtrfsConcurrencyTests {
  @Test("Writers of files that snapshots are taken of leave bytes, counts and checksums whole")
  func writersAndSnapshots() async throws {
    let bench = try BtrfsBench(blockCount: 2048, groupCount: 2)
    let volume = bench.volume
    var files: [FileID] = []
    for kind in BtrfsBench.Kind.allCases {
      files.append(try bench.file(kind))
      try bench.fill(files[files.count - 1], 0..<16, 0)
    }
    let subjects = files
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, file) in files.enumerated() {
        group.addTask {
          var numbers = SeededNumbers(UInt64(index))
          for round in 1...150 {
            // A write is whole: it fills the file with one value.
            let bytes = [UInt8](repeating: UInt8(round), count: 16 << 12)
            #expect(
              try bytes.withUnsafeBytes { unsafe try volume.write(file, at: 0, $0) } == 16 << 12)
            let position = Int.random(in: 0..<15 << 12, using: &numbers)
            try volume.unshare(file, at: position, byteCount: 1)
          }
        }
      }
      group.addTask {
        for round in 0..<150 {
          let snapshot = try volume.snapshot(subjects[round % subjects.count])
          let bytes = try bench.contents(snapshot)
          #expect(bytes.count == 16 << 12 && bytes.allSatisfy { $0 == bytes[0] }, "torn")
          try volume.remove(snapshot)
        }
      }
      try await group.waitForAll()
    }
    for file in files {
      #expect(try bench.contents(file) == [UInt8](repeating: 150, count: 16 << 12))
    }
    try bench.check()
  }

  /// A file of four blocks, mapped and with its first frame pinned, with a number above or below
  /// the one that its snapshot will get.
  private func pinned(
    _ bench: BtrfsBench, isFirst: Bool
  ) throws -> (file: FileID, area: VirtualArea, frame: Int) {
    let first = try bench.file(.plain)
    let second = try bench.file(.plain)
    let file = isFirst ? first : second
    try bench.volume.remove(isFirst ? second : first)
    try bench.fill(file, 0..<4, 7)
    let area = try bench.volume.makeArea(file, at: 0, pageCount: 4)
    #expect(bench.volume.fault(area, page: 0, isWrite: true).flags == .noPage)
    return (file, area, try bench.volume.pin(area, page: 0))
  }

  @Test(
    "A snapshot of a file with a pinned frame sleeps until the pin goes", arguments: [true, false])
  func snapshotWaits(isFirst: Bool) throws {
    let bench = try BtrfsBench()
    let (file, area, frame) = try pinned(bench, isFirst: isFirst)
    let copy = Mutex<FileID?>(nil)
    let threads = RealThreads()
    threads.start {
      let made = try? bench.volume.snapshot(file)
      copy.withLock { $0 = made }
    }
    usleep(20_000)
    // Faults go on meanwhile.
    let (eight, nine): ([UInt8], [UInt8]) = ([8], [9])
    try bench.volume.store(area, at: 4096, nine.span.bytes)
    #expect(copy.withLock { $0 } == nil)
    try bench.volume.unpin(frame)
    threads.join()
    let made = try #require(copy.withLock { $0 })
    #expect(isFirst == (file.number < made.number))
    #expect(try bench.read(made, 4096, 2) == [9, 7])
    try bench.volume.store(area, at: 0, eight.span.bytes)
    #expect(try bench.read(made, 0, 1) == [7])
    try bench.check()
  }

  @Test("An interrupted snapshot leaves no copy", arguments: [true, false])
  func snapshotInterrupted(isFirst: Bool) throws {
    let bench = try BtrfsBench()
    let (file, area, frame) = try pinned(bench, isFirst: isFirst)
    let count = bench.volume.inodes.numbers.count { bench.volume.inodes.inode($0)?.isLive == true }
    bench.volume.isInterrupted = true
    #expect(failure { _ = try bench.volume.snapshot(file) } == .EINTR)
    bench.volume.isInterrupted = false
    #expect(
      bench.volume.inodes.numbers.count { bench.volume.inodes.inode($0)?.isLive == true } == count)
    let nine: [UInt8] = [9]
    try bench.volume.store(area, at: 4096, nine.span.bytes)
    try bench.volume.unpin(frame)
    #expect(try bench.contents(bench.volume.snapshot(file)) == bench.contents(file))
    try bench.check()
  }
}
