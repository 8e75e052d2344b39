import Glibc
import Testing

@testable import LiveFS

/// What a neighbour, or a limit of memory, does to the page cache while a batch is made ready.
@Suite(
  "Residency before the calls", .serialized,
  .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
struct ResidencyTests {
  /// Drops the target's pages, or some of them, through a descriptor of its own.
  private func evict(_ target: LiveTarget, at offset: Int = 0, byteCount: Int = 0) throws {
    let name = try #require(entries(target.path).first { $0.hasPrefix(".daxmark-") })
    let file = try LiveFile("\(target.path)/\(name)/target", .read)
    try file.dropCache(at: offset, byteCount: byteCount)
  }

  /// A batch whose pages left is refused, though its bytes are right, and the next one is not.
  private func refuses(_ name: String, _ exercise: some LiveExercise, _ target: LiveTarget) throws {
    let calls = exercise.callLimit / 4
    for isEvicted in [false, true, false] {
      try exercise.rearm()
      if isEvicted { try evict(target) }
      let measured = try exercise.run(calls: calls)
      try exercise.verify()
      #expect((measured.invalid != nil) == isEvicted, "\(name): \(measured)")
      #expect(measured.invalid?.contains("page cache") != false)
    }
    // Nobody touches those.
    try exercise.rearm()
    try evict(target, at: 12 << 20)
    #expect(try exercise.run(calls: calls).invalid == nil, "\(name)")
  }

  private func writes(_ target: LiveTarget) throws {
    for (byteCount, position) in [(512, 1000), (4096, 0), (1 << 20, 0)] {
      for mode in [LiveWriteMode.buffered, .dataSync] {
        let exercise = try CowWriteExercise(
          target, byteCount: byteCount, position: position, mode: mode)
        try refuses("\(mode) \(byteCount)", exercise, target)
      }
    }
    // Past the page cache there is nothing to leave it.
    let direct = try CowWriteExercise(target, byteCount: 4096, mode: .direct)
    try direct.rearm()
    let measured = try direct.run(calls: 4)
    #expect(measured.invalid == nil && measured.targetResidentByteCount == 0)
  }

  @Test("on XFS a write or an unsharing that would read the disk is no measurement")
  func xfs() throws {
    try onMount(.xfs) { target in
      try writes(target)
      let unshare = try UnshareExercise(target, byteCount: 64 << 10)
      try refuses("unshare", unshare, target)
    }
  }

  @Test("on btrfs a write that would read the disk is none")
  func btrfs() throws { try onMount(.btrfs) { target in try writes(target) } }

  @Test("a page that left the cache is no fault to measure")
  func faults() throws {
    try onMount(.xfs) { target in
      for access in [FileFaultAccess.firstWrite, .sharedCow] {
        let exercise = try FileFaultExercise(
          target, access: access, pageByteCount: 4096, threads: 1)
        for isEvicted in [false, true, false] {
          try exercise.rearm()
          if isEvicted { try evict(target, at: 1 << 20, byteCount: 300 << 12) }
          let measured = try exercise.run(calls: exercise.callLimit / 4)
          try exercise.verify()
          #expect((measured.invalid?.contains("page cache") == true) == isEvicted, "\(measured)")
          #expect((measured.calls == 0) == isEvicted)
        }
      }
    }
  }

  @Test("what a cold dedupe drops is in no cache, that of the loop device's file neither")
  func cold() throws {
    try onMount(.xfs) { target in
      let path = try #require(target.loopFile)
      let image = try LiveFile(path, .read)
      let exercise = try DedupeExercise(
        target, byteCount: 1 << 20, result: .hit, isWarm: false)
      try exercise.rearm()
      let size = try image.byteCount()
      #expect(try image.residentByteCount(at: 0, byteCount: size) < 1 << 20)
    }
  }

  @Test("a dedupe finds its source in the cache, and its target as a loop leaves it or read in")
  func dedupe() throws {
    try onMount(.xfs) { target in
      for result in [LiveDedupeCase.hit, .lastByteMiss] {
        for isWarm in [true, false] {
          let exercise = try DedupeExercise(
            target, byteCount: 128 << 10, result: result, isWarm: isWarm)
          for calls in [exercise.callLimit, 4] {
            try exercise.rearm()
            let measured = try exercise.run(calls: calls)
            try exercise.verify()
            #expect(measured.sourceResidentByteCount == calls * 128 << 10, "\(result) \(isWarm)")
            #expect(measured.targetResidentByteCount == (isWarm ? calls * 128 << 10 : 0))
            #expect(measured.invalid == nil)
          }
          // Somebody reads the target in: no loop without control finds that.
          if isWarm { continue }
          try exercise.rearm()
          let name = try #require(entries(target.path).first { $0.hasPrefix(".daxmark-") })
          _ = try LiveFile("\(target.path)/\(name)/target", .read).take(1 << 20)
          #expect(try exercise.run(calls: 4).invalid?.contains("page cache") == true)
        }
      }
    }
  }
}
