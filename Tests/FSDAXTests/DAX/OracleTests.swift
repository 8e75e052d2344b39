import HotCore
import Testing

@testable import FSDAX

/// Random operations on files that share blocks, against plain arrays of bytes.
@Suite("differential oracle")
struct OracleTests {
  private struct Random {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return Int((mixed ^ (mixed >> 31)) >> 1) % bound
    }

    /// A position near something that matters.
    mutating func position() -> Int {
      let base = [0, 4096, 8192, 16_384, 40_960, 65_536][next(6)]
      return max(0, base + [0, 1, -1, 511, 512, 100, -512, 2048][next(8)])
    }
  }

  private struct Model {
    var files: [(id: FileID, bytes: [UInt8])] = []

    mutating func write(_ index: Int, _ position: Int, _ data: [UInt8]) {
      let end = position + data.count
      if files[index].bytes.count < end {
        files[index].bytes += zeros(end - files[index].bytes.count)
      }
      files[index].bytes.replaceSubrange(position..<end, with: data)
    }

    mutating func zero(_ index: Int, _ position: Int, _ count: Int) {
      let end = min(position + count, files[index].bytes.count)
      guard position < end else { return }
      files[index].bytes.replaceSubrange(position..<end, with: zeros(end - position))
    }

    mutating func resize(_ index: Int, _ size: Int) {
      let old = files[index].bytes.count
      if size <= old {
        files[index].bytes.removeLast(old - size)
      } else {
        files[index].bytes += zeros(size - old)
      }
    }
  }

  @Test(
    "all files have the bytes they should, whatever is done to one of them",
    arguments: [1, 2, 3, 4] as [UInt64], [Profile.strict, .upstream])
  func random(seed: UInt64, _ profile: Profile) throws {
    let always = seed % 4 == 0
    let rig = try Rig(profile, byteCount: 2 << 20) { $0.alwaysCopiesOnWrite = always }
    rig.prefillFree(0xaa)
    var random = Random(state: seed)
    var model = Model()
    for index in 0..<3 {
      let bytes = pattern(30_000 + index * 5000, index)
      let file = try rig.file(bytes)
      try rig.volume.setAttributes(of: file) { $0.cowExtentHint = UInt32([0, 1, 7][index]) }
      model.files.append((file, bytes))
    }
    for step in 0..<150 {
      try self.step(rig, &random, &model, step)
      for (file, bytes) in model.files {
        let found = try rig.contents(file)
        if found != bytes {
          let place = zip(found, bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
          Issue.record("seed \(seed) step \(step) file \(file.number) byte \(place)")
          return
        }
      }
      if step % 30 == 0 { rig.expectInvariants() }
    }
    rig.expectInvariants()
    for (file, _) in model.files { try rig.volume.remove(file) }
    rig.expectInvariants()
    #expect(
      rig.volume.freeByteCount == (rig.volume.device.pageCount - rig.volume.groups.count) << 12)
  }

  private func step(
    _ rig: Rig, _ random: inout Random, _ model: inout Model, _ step: Int
  ) throws {
    let index = random.next(3)
    let file = model.files[index].id
    let position = random.position()
    let count = [1, 50, 511, 512, 4095, 4096, 4097, 8192, 20_000][random.next(9)]
    switch random.next(9) {
    case 0, 1, 2:
      let data = pattern(count, step)
      #expect(try rig.write(file, position, data) == count)
      model.write(index, position, data)
    case 3:
      try rig.volume.zero(file, at: position, byteCount: count)
      model.zero(index, position, count)
    case 4:
      try rig.volume.punch(file, at: position, byteCount: count)
      model.zero(index, position, count)
    case 5:
      try rig.volume.unshare(file, at: position, byteCount: count)
    case 6:
      try rig.volume.truncate(file, to: position)
      model.resize(index, position)
    case 7:
      try rig.volume.allocate(file, at: position, byteCount: count)
      model.resize(index, max(model.files[index].bytes.count, position + count))
    default:
      // A file made anew that shares all of another one's blocks.
      let other = random.next(3)
      guard other != index else { return }
      try rig.volume.truncate(file, to: 0)
      rig.shareBlocks(model.files[other].id, with: file)
      model.files[index].bytes = model.files[other].bytes
    }
  }
}
