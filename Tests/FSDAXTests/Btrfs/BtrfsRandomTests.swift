import Foundation
import Testing

@testable import FSDAX

/// Random operations on a few files, each beside a plain array of the bytes it should have.
@Suite("Btrfs against plain arrays")
struct BtrfsRandomTests {
  private struct Model {
    var bench: BtrfsBench
    var numbers: SeededNumbers
    var files: [(id: FileID, bytes: [UInt8])] = []
    let room = 40 << 12
    let seed: UInt64
    var stepCount = 0

    init(seed: UInt64, blockCount: Int, groupCount: Int, profile: Profile = .strict) throws {
      self.seed = seed
      bench = try BtrfsBench(blockCount: blockCount, groupCount: groupCount, profile: profile)
      numbers = SeededNumbers(seed)
      for kind in BtrfsBench.Kind.allCases { files.append((try bench.file(kind), [])) }
    }

    /// A place that likes borders.
    mutating func place(_ size: Int) -> Int {
      let borders = [0, 512, 4096, 8192, size & ~4095, size, room / 2 & ~4095]
      let near =
        (borders.randomElement(using: &numbers) ?? 0) + Int.random(in: -1...1, using: &numbers)
      let any = Int.random(in: 0..<room, using: &numbers)
      return min(max(Bool.random(using: &numbers) ? near : any, 0), room - 1)
    }

    mutating func count(_ position: Int) -> Int {
      let wanted =
        [1, 511, 4096, 4097, 8192, Int.random(in: 1...30_000, using: &numbers)]
        .randomElement(using: &numbers) ?? 1
      return min(wanted, room - position)
    }

    /// One operation on one file, which is compared afterwards.
    ///
    /// What an error leaves is read back, since a prefix may be done; `mayFail` says whether errors
    /// are expected at all.
    mutating func step(mayFail: Bool) throws {
      stepCount += 1
      let index = Int.random(in: 0..<files.count, using: &numbers)
      let (file, old) = files[index]
      let position = place(old.count)
      let byteCount = count(position)
      let value = UInt8.random(in: 1...255, using: &numbers)
      let kind = Int.random(in: 0..<12, using: &numbers)
      var bytes = old
      do {
        switch kind {
        case 0..<6:
          if bytes.count < position {
            bytes += [UInt8](repeating: 0, count: position - bytes.count)
          }
          let end = position + byteCount
          if bytes.count < end { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
          let data = (0..<byteCount).map { value &+ UInt8(truncatingIfNeeded: $0) }
          let done = try bench.write(file, position, data)
          if !mayFail { #expect(done == byteCount) }
          bytes.replaceSubrange(position..<position + done, with: data[..<done])
          if done < byteCount {
            bytes.removeLast(bytes.count - max(old.count, position + done))
          }
        case 6:
          try bench.volume.zero(file, at: position, byteCount: byteCount)
          clear(&bytes, position, byteCount)
        case 7:
          try bench.volume.punch(file, at: position, byteCount: byteCount)
          clear(&bytes, position, byteCount)
        case 8:
          try bench.volume.truncate(file, to: position)
          if position < bytes.count { bytes.removeLast(bytes.count - position) }
          bytes += [UInt8](repeating: 0, count: position - bytes.count)
        case 9:
          try bench.volume.allocate(file, at: position, byteCount: byteCount)
          let missing = position + byteCount - bytes.count
          if missing > 0 { bytes += [UInt8](repeating: 0, count: missing) }
        case 10:
          try bench.volume.unshare(file, at: position, byteCount: byteCount)
        default:
          if files.count < 7 {
            files.append((try bench.volume.snapshot(file), bytes))
          } else {
            try bench.volume.remove(files.remove(at: 3).id)
            return
          }
        }
      } catch let error as FSDAXError where mayFail && error.errno == .ENOSPC {
        // Only a zeroed or punched prefix may be done, inside the range and to zeros.
        bytes = try bench.contents(file)
        #expect(kind >= 6 || bytes == old)
        #expect(bytes.count == old.count)
        for place in bytes.indices where place < old.count && bytes[place] != old[place] {
          #expect(bytes[place] == 0 && (position..<position + byteCount).contains(place))
        }
      }
      files[index].bytes = bytes
      #expect(try isEqual(files[index]), "seed \(seed), step \(stepCount), kind \(kind)")
    }

    private func clear(_ bytes: inout [UInt8], _ position: Int, _ byteCount: Int) {
      for place in position..<max(position, min(position + byteCount, bytes.count)) {
        bytes[place] = 0
      }
    }

    private func isEqual(_ file: (id: FileID, bytes: [UInt8])) throws -> Bool {
      let found = try bench.contents(file.id)
      return found.count == file.bytes.count
        && memcmp(found, file.bytes, found.count) == 0
    }

    /// All files, those that should not have changed too.
    func compareAll() throws {
      for (number, file) in files.enumerated() {
        #expect(try isEqual(file), "file \(number), seed \(seed), step \(stepCount)")
      }
    }
  }

  @Test(
    "Writes, zeros, truncates, punches and snapshots leave the bytes they should",
    arguments: [1, 2, 3, 4, 5, 6])
  func contents(seed: UInt64) throws {
    var model = try Model(
      seed: seed, blockCount: 2048, groupCount: seed % 2 == 0 ? 1 : 2,
      profile: seed > 4 ? .upstream : .strict)
    for step in 0..<200 {
      try model.step(mayFail: false)
      if step % 20 == 19 { try model.compareAll() }
    }
    try model.bench.check()
  }

  @Test("A volume that is nearly full stays whole", arguments: [11, 12, 13, 14])
  func full(seed: UInt64) throws {
    var model = try Model(seed: seed, blockCount: 64, groupCount: 1)
    for step in 0..<200 {
      try model.step(mayFail: true)
      if step % 20 == 19 {
        try model.compareAll()
        try model.bench.check()
      }
    }
    try model.bench.check()
    for file in model.files { try model.bench.volume.remove(file.id) }
    #expect(model.bench.volume.groups.freeBlockCount == 63)
  }
}
