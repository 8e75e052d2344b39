import Foundation
import LiveFS
import Plan
import Suites
import Testing

@testable import Runner

/// Whether filesystems can be mounted here.
private let canMount =
  LiveMounts.obstacle == nil
  && [LiveFilesystem.xfs, .btrfs, .ext4].allSatisfy {
    access("/usr/sbin/mkfs.\($0.rawValue)", X_OK) == 0
  }

/// A cell of the live engine on files.
private func fileCell(
  _ operation: Plan.Operation, _ routine: String, _ kind: MemoryKind,
  _ edit: (inout Parameters) -> Void
) -> Cell {
  var p = Parameters()
  p.memory = kind
  edit(&p)
  return Cell(
    suite: operation.rawValue, operation: operation, engine: "live", routine: routine,
    parameters: p)
}

/// The small write that people ask about.
private func edge(_ routine: String, _ kind: MemoryKind) -> Cell {
  fileCell(.cowEdge, routine, kind) { p in
    (p.positionBytes, p.lengthBytes, p.alignmentBytes) = (1000, 512, 4096)
    (p.sourceState, p.durable) = (.mapped, routine == "dsync")
  }
}

/// A folder that goes away with the value.
private final class Place {
  let path: String

  init(in parent: String = NSTemporaryDirectory()) throws {
    path = parent + "/daxmark-cells-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["?"] }
}

/// Runs a body on a new filesystem of its own, gone afterwards.
private func onMount(_ filesystem: LiveFilesystem, _ body: (String) throws -> Void) throws {
  let place = try Place()
  guard let mounts = try LiveMounts.open(place.path + "/fs", makesRoot: true) else {
    Issue.record("the folder was not made")
    return
  }
  let path = try mounts.up(filesystem, byteCount: 1 << 30)
  do { try body(path) } catch { Issue.record("\(filesystem.rawValue): \(error)") }
  let left = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  #expect(left.filter { $0 != "lost+found" }.isEmpty, "left behind: \(left)")
  #expect(try mounts.down(filesystem))
  mounts.removeRoot()
}

/// Prepares a cell as a worker does; the reason when it is skipped or fails.
private func prepared(
  _ cell: Cell, in directories: [String]
) -> (cell: (any PreparedCell)?, skipped: String?, failed: String?) {
  var supply = LiveSupply(directories: directories)
  do throws(CellException) {
    let made = try supply.prepare(cell, cores: [0])
    try made.verify()
    return (made, nil, nil)
  } catch {
    switch error {
    case .skipped(let reason): return (nil, reason, nil)
    case .failed(let reason): return (nil, nil, reason)
    }
  }
}

/// An exercise whose pages leave the cache so many times.
private final class Evicted: LiveExercise {
  let callLimit = 2
  private let lost: Int
  private(set) var armed = 0
  private(set) var ran = 0

  init(_ lost: Int) { self.lost = lost }

  func rearm() { armed += 1 }

  func run(calls: Int) -> LiveMeasurement {
    ran += 1
    var measured = LiveMeasurement()
    measured.calls = calls
    if ran <= lost { measured.invalid = "evicted" }
    return measured
  }

  func verify() {}
}

@Suite("Cells of the live engine on files")
struct LiveCellTests {
  @Test("a filesystem's name leads to its word, any other to file")
  func words() {
    for kind in MemoryKind.allCases where kind.isFilesystem && kind != .file {
      #expect(MemoryKind(filesystem: kind.rawValue) == kind)
    }
    for type in ["overlay", "0x1234", "", "anonymous", "hugetlb", "XFS", "file"] {
      #expect(MemoryKind(filesystem: type) == .file)
    }
  }

  @Test("a directory without sharing gives skipped rows, and keeps nothing")
  func withoutSharing() throws {
    let place = try Place(in: "/dev/shm")
    let kind = MemoryKind(filesystem: try Filesystem.identify(place.path).type)
    #expect(kind == .tmpfs)
    for cell in [
      edge("buffered", kind), edge("dsync", kind),
      fileCell(.dedupe, "fideduperange", kind) { $0.sizeBytes = 131_072 },
      fileCell(.clone, "ficlone", kind) { $0.sizeBytes = 1 << 20 },
      fileCell(.unshare, "fallocate", kind) { $0.sizeBytes = 4096 },
      fileCell(.fault, "touch", kind) { p in (p.access, p.pages) = (.sharedCow, .base) },
    ] {
      let answer = prepared(cell, in: [place.path])
      #expect(answer.skipped?.contains("tmpfs refuses FI") == true, "\(cell.name): \(answer)")
      #expect(place.names.isEmpty)
    }
  }

  @Test("a fault on a file takes the faults expected, and its folder goes with it")
  func fault() throws {
    let place = try Place(in: "/dev/shm")
    let cell = fileCell(.fault, "touch", .tmpfs) { p in
      (p.access, p.pages) = (.privateCow, .base)
    }
    do {
      let fault = try #require(prepared(cell, in: [place.path]).cell)
      #expect(place.names.count == 1)
      let calls = try fault.calibrate(targetNanoseconds: 1)
      #expect(calls == 1024)
      for asked in [1, 10, calls, calls * 10, Int.max] {
        let batch = try fault.batch(calls: asked)
        #expect(batch.calls == min(asked, calls) && batch.bytes == batch.calls * 4096)
        #expect(batch.faultsExpected == batch.calls && batch.pageBytes == 4096)
      }
      #expect(try fault.counts().faults == 1)
    }
    #expect(place.names.isEmpty)
  }

  @Test("a directory that is gone, or none at all, is one sentence")
  func vanished() throws {
    let place = try Place()
    let path = place.path
    try FileManager.default.removeItem(atPath: path)
    let gone = prepared(edge("buffered", .xfs), in: [path])
    #expect(gone.failed?.contains("cannot identify the filesystem of \(path)") == true, "\(gone)")
    let none = prepared(edge("buffered", .xfs), in: [])
    #expect(none.skipped?.contains("no directory on xfs") == true, "\(none)")
  }

  @Test("what makes no sense fails with the cell's name, and traps nowhere")
  func nonsense() throws {
    let place = try Place(in: "/dev/shm")
    for cell in [
      fileCell(.copy, "auto", .tmpfs) { $0.sizeBytes = 64 },
      fileCell(.fault, "touch", .tmpfs) { p in (p.access, p.pages) = (.forkCow, .base) },
      fileCell(.fault, "touch", .tmpfs) { $0.access = .readMapped },
      fileCell(.clone, "ficlone", .tmpfs) { _ in }, edge("sync", .tmpfs),
      fileCell(.cowEdge, "buffered", .tmpfs) { _ in },
    ] {
      let answer = prepared(cell, in: [place.path])
      #expect(answer.failed?.contains(cell.name) == true, "\(answer)")
    }
    let faults = fileCell(.fault, "touch", .tmpfs) { p in
      (p.access, p.pages, p.threads) = (.readMapped, .base, 1 << 40)
    }
    #expect(prepared(faults, in: [place.path]).cell == nil)
    #expect(place.names.isEmpty)
  }

  @Test("faults that differ by more than 1 % are invalid with the reason, others are not")
  func mismatch() {
    var batch = BatchMeasurement()
    (batch.calls, batch.faultsExpected) = (1000, 1000)
    let read = fileCell(.fault, "touch", .ext4) { p in (p.access, p.pages) = (.readMapped, .base) }
    for (observed, isValid) in [(1000, true), (990, true), (1010, true), (989, false), (64, false)]
    {
      batch.faultsObserved = observed
      #expect((batch.faultMismatch(read) == nil) == isValid, "\(observed)")
    }
    #expect(batch.faultMismatch(read)?.contains("fault-around") == true)
    let memory = fileCell(.fault, "touch", .memfd) { $0.access = .firstWrite }
    #expect(batch.faultMismatch(memory) == nil)
  }

  @Test("a batch whose files did not stay is made again, and its cell skipped after three")
  func tries() throws {
    for lost in 0...3 {
      let exercise = Evicted(lost)
      let cell = LiveCell(exercise)
      let answer = Result { () throws(CellException) in try cell.batch(calls: 2) }
      #expect(exercise.armed == min(lost + 1, 3) && exercise.ran == exercise.armed)
      switch answer {
      case .success(let batch): #expect(lost < 3 && batch.calls == 2)
      case .failure(.skipped(let reason)): #expect(lost == 3 && reason == "evicted")
      case .failure(let error): Issue.record("\(error)")
      }
    }
  }

  @Test("targets: one for each filesystem, writable, there, or one sentence")
  func targets() throws {
    let shared = try Place(in: "/dev/shm")
    let twin = try Place(in: "/dev/shm")
    let targets = try LiveTargets(directories: [shared.path])
    #expect(targets.serve(edge("buffered", .tmpfs)) && !targets.serve(edge("buffered", .xfs)))
    let facts = Dictionary(uniqueKeysWithValues: targets.facts.map { ($0.name, $0.value) })
    #expect(facts["live_targets"] == "tmpfs=\(shared.path)")
    #expect(facts["live_tmpfs_type"] == "tmpfs" && facts["live_tmpfs_loop_file"] == "none")
    #expect(facts["live_tmpfs_missing"]?.contains("reflink") == true)
    #expect(facts.values.allSatisfy { !$0.isEmpty && !$0.contains("\n") })
    for (directories, words) in [
      ([shared.path, twin.path], "two runs"), ([shared.path + "/no"], "No such file"),
      (["/proc"], "Nothing can be measured in '/proc'"), ([""], "Nothing can be measured in ''"),
    ] {
      let error = #expect(throws: RunError.self) { try LiveTargets(directories: directories) }
      #expect(error?.description.contains(words) == true, "\(directories): \(error as Any)")
    }
    #expect(shared.names.isEmpty && twin.names.isEmpty)
    #expect(try LiveTargets(directories: []).facts.map(\.value) == ["none"])
  }

  @Test(
    "on loop mounts every live cell of the suites is measured, or skipped with its reason",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"),
    arguments: [LiveFilesystem.xfs, .btrfs, .ext4])
  func onMounts(filesystem: LiveFilesystem) throws {
    let suites = ["default", "picture"].compactMap { Catalog.suite(named: $0) }
    let cells = try suites.flatMap { try $0.cells() }.filter {
      $0.isOnFilesystem && $0.parameters.memory?.rawValue == filesystem.rawValue
    }
    #expect(cells.count >= 9)
    try onMount(filesystem) { path in
      for cell in Set(cells) {
        let answer = prepared(cell, in: ["/dev/shm", path])
        guard let made = answer.cell else {
          // ext4 shares nothing; btrfs has no unsharing of its own.
          let mayBe = filesystem == .ext4 || (filesystem == .btrfs && cell.operation == .unshare)
          #expect(mayBe && answer.skipped != nil, "\(cell.name): \(answer)")
          continue
        }
        let calls = try made.calibrate(targetNanoseconds: 1_000_000)
        let batch = try made.batch(calls: calls)
        #expect(batch.calls == calls && batch.cpuNanoseconds > 0 && batch.bytes > 0, "\(cell.name)")
        #expect(made.note.contains("in the page cache"), "\(made.note)")
        if cell.operation == .dedupe {
          let compared = cell.parameters.mismatch == .first ? 1 : cell.parameters.sizeBytes ?? 0
          #expect(batch.bytes == calls * compared)
          #expect(try made.counts().bytesCompared == compared)
        }
      }
    }
  }

  @Test(
    "a full filesystem skips its rows or fails in a sentence, and keeps nothing",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func full() throws {
    try onMount(.xfs) { path in
      let filler = path + "/filler"
      let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
      let free = try Filesystem.identify(path).freeByteCount
      #expect(posix_fallocate(descriptor, 0, free - (3 << 20)) == 0)
      let answer = prepared(edge("buffered", .xfs), in: [path])
      #expect(answer.skipped?.contains("MiB") == true || answer.failed != nil, "\(answer)")
      #expect(answer.cell == nil)
      close(descriptor)
      try FileManager.default.removeItem(atPath: filler)
    }
  }
}
