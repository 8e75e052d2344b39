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
}
