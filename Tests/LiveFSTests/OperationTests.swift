import Glibc
import Testing

@testable import LiveFS

/// Whether filesystems can be mounted here.
let canMount =
  LiveMounts.obstacle == nil && LiveFilesystem.allCases.allSatisfy { $0.makerPath != nil }

/// Runs a body on a new filesystem of its own, gone afterwards.
func onMount(_ filesystem: LiveFilesystem, _ body: (LiveTarget) throws -> Void) throws {
  let folder = try TemporaryFolder()
  guard let mounts = try LiveMounts.open(folder.path + "/fs", makesRoot: true) else {
    Issue.record("the folder was not made")
    return
  }
  let path = try mounts.up(filesystem, byteCount: 1 << 30)
  do {
    try body(try LiveTarget(path))
  } catch {
    Issue.record("\(filesystem.rawValue): \(error)")
  }
  let left = entries(path).filter { $0 != "lost+found" }
  #expect(left.isEmpty, "left behind: \(left)")
  #expect(try mounts.down(filesystem))
  mounts.removeRoot()
  #expect(entries(folder.path).isEmpty)
}

@Suite(
  "Operations of the live engine", .serialized,
  .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
struct OperationTests {
  /// Three whole turns, the last with fewer calls, each verified.
  private func turns(
    _ name: String, _ exercise: some LiveExercise, bytesPerCall: Int,
    _ check: (LiveMeasurement) -> Void = { _ in }
  ) throws {
    for calls in [exercise.callLimit, exercise.callLimit, max(exercise.callLimit / 4, 2)] {
      var measured = LiveMeasurement()
      for _ in 0..<5 {
        try exercise.rearm()
        measured = try exercise.run(calls: calls)
        // The kernel may take pages from the cache at any time; a cell tries again, too.
        if measured.invalid != LiveMeasurement.residencyLost { break }
      }
      try exercise.verify()
      #expect(measured.calls == calls && measured.byteCount == calls * bytesPerCall, "\(name)")
      #expect(measured.wallNanoseconds > 0, "\(name)")
      check(measured)
    }
  }

  private func sharing(_ target: LiveTarget) throws {
    let hasUnshare = target.filesystem.type == "xfs"
    #expect(target.has(.reflink) && target.has(.dedupe) && target.has(.fiemap))
    #expect(target.has(.unshare) == hasUnshare && !target.has(.synchronousMapping))
    for mode in LiveWriteMode.allCases {
      for byteCount in [512, 4096, 1 << 20] {
        do {
          let exercise = try CowWriteExercise(target, byteCount: byteCount, mode: mode)
          try turns("\(mode) \(byteCount)", exercise, bytesPerCall: byteCount) {
            #expect($0.sharedByteCount > 0 && $0.syncCount == (mode == .dataSync ? 0 : 1))
          }
        } catch FaultError.unavailable(let reason) {
          // Only a write that is smaller than the device's sectors can be refused.
          #expect(mode == .direct && byteCount == 512 && reason.contains("aligned"))
        }
      }
    }
    for result in LiveDedupeCase.allCases {
      let exercise = try DedupeExercise(target, byteCount: 128 << 10, result: result)
      try turns("\(result)", exercise, bytesPerCall: exercise.comparedByteCount) {
        #expect($0.invalid == nil && $0.targetResidentByteCount == $0.calls * 128 << 10)
      }
    }
    for isWhole in [false, true] {
      let exercise = try CloneExercise(target, byteCount: 1 << 20, isWhole: isWhole)
      try turns("clone \(isWhole)", exercise, bytesPerCall: 1 << 20)
    }
    if hasUnshare {
      let exercise = try UnshareExercise(target, byteCount: 64 << 10)
      try turns("unshare", exercise, bytesPerCall: 64 << 10) {
        #expect($0.sharedByteCount == $0.calls * 64 << 10)
      }
    } else {
      #expect(throws: FaultError.self) { _ = try UnshareExercise(target, byteCount: 64 << 10) }
    }
  }

  /// Each class takes a fault for each touch, or says why it does not.
  private func faults(_ target: LiveTarget) throws {
    for access in FileFaultAccess.allCases {
      for (page, threads) in [(4096, 1), (4096, 2), (2 << 20, 1)] {
        do {
          let exercise = try FileFaultExercise(
            target, access: access, pageByteCount: page, threads: threads)
          try turns("\(access) \(page) ×\(threads)", exercise, bytesPerCall: page) {
            let isOff = ($0.faultsObserved - $0.faultsExpected).magnitude * 100 > $0.calls
            #expect(isOff == ($0.invalid != nil), "\(access) \(page)")
          }
        } catch FaultError.unavailable(let reason) {
          #expect(page == 2 << 20 || (access == .sharedCow && !target.has(.reflink)), "\(reason)")
        }
      }
    }
  }

  @Test("on XFS all of them do what they say")
  func xfs() throws {
    try onMount(.xfs) { target in
      try sharing(target)
      try faults(target)
    }
  }

  @Test("on btrfs all but unshare do what they say")
  func btrfs() throws {
    try onMount(.btrfs) { target in
      try sharing(target)
      try faults(target)
    }
  }

  @Test("on ext4 faults do what they say, and what shares is skipped with a reason")
  func ext4() throws {
    try onMount(.ext4) { target in
      #expect(throws: FaultError.self) {
        _ = try CowWriteExercise(target, byteCount: 512, mode: .buffered)
      }
      #expect(throws: FaultError.self) {
        _ = try DedupeExercise(target, byteCount: 4096, result: .hit)
      }
      #expect(throws: FaultError.self) {
        _ = try CloneExercise(target, byteCount: 4096, isWhole: true)
      }
      try faults(target)
    }
  }
}

@Suite("Calls that are timed one by one")
struct CallMeterTests {
  @Test("a batch has the time of its middle call, whatever one of them met")
  func middle() {
    #expect(CallMeter.middle([]) == 0 && CallMeter.middle([7]) == 7)
    #expect(CallMeter.middle([4, 2]) == 3 && CallMeter.middle([1_000_000, 3, 2]) == 3)
    var meter = CallMeter()
    #expect(meter.measured == LiveMeasurement())
    for call in 0..<5 {
      meter.start()
      if call == 2 { usleep(20_000) }
      meter.stop()
    }
    let measured = meter.measured
    #expect(measured.calls == 5 && measured.wallNanoseconds < 5 * 20_000_000)
    #expect(measured.cpuNanoseconds % 5 == 0 && measured.wallNanoseconds % 5 == 0)
  }
}

@Suite("Faults on the files of a memory filesystem")
struct MemoryFileFaultTests {
  @Test("each class takes a fault for each touch, or says why it does not")
  func tmpfs() throws {
    let folder = try TemporaryFolder(in: "/dev/shm")
    let target = try LiveTarget(folder.path)
    try #require(target.filesystem.type == "tmpfs")
    for access in FileFaultAccess.allCases where access != .sharedCow {
      let exercise = try FileFaultExercise(
        target, access: access, pageByteCount: 4096, threads: 1)
      try exercise.rearm()
      let measured = try exercise.run(calls: exercise.callLimit)
      try exercise.verify()
      let isOff =
        (measured.faultsObserved - measured.faultsExpected).magnitude * 100 > measured.calls
      #expect(isOff == (measured.invalid != nil))
    }
  }
}
