import Foundation
import Synchronization
import Testing

@testable import FSDAX

/// Everything at once on a few files, where any half of a block holds one value, whoever wrote it.
@Suite("Threads")
struct ThreadTests {
  static let kinds = [
    MachineKind(name: "XFS", byteCount: 1024 << 12, stepCount: 150),
    MachineKind(
      name: "XFS with owner trees", alwaysCopies: true, tracking: .ownerTree,
      byteCount: 1024 << 12, groupCount: 2, stepCount: 150),
    MachineKind(
      name: "Btrfs with shadow pages", personality: .btrfs, tracking: .shadowPages,
      byteCount: 1024 << 12, groupCount: 2, stepCount: 150),
  ]

  @Test("Writers, readers, faults, clones and truncates of the same files", arguments: kinds)
  func together(_ kind: MachineKind) throws {
    let rig = try Rig(byteCount: kind.byteCount) {
      $0.personality = kind.personality
      $0.alwaysCopiesOnWrite = kind.alwaysCopies
      $0.tracking = kind.tracking
      $0.groupCount = kind.groupCount
    }
    rig.prefillFree(Payload.free)
    let files = try (0..<3).map { _ in try rig.file([UInt8](repeating: 1, count: 12 << 12)) }
    let failures = Mutex<[String]>([])
    let group = DispatchGroup()
    for number in 0..<4 {
      group.enter()
      Thread.detachNewThread {
        let worker = ThreadWorker(number, rig, files, kind.stepCount)
        do {
          try worker.run()
        } catch {
          worker.failures.append("\(error)")
        }
        let found = worker.failures
        failures.withLock { $0 += found }
        group.leave()
      }
    }
    group.wait()
    #expect(failures.withLock { $0 } == [], "\(kind.name)")
    rig.expectInvariants()
    #expect(rig.wrongShareCount(files) == nil)
    let ledger = rig.volume.ledger
    #expect(ledger[.begins] == ledger[.ends])
    for file in files {
      #expect(ThreadWorker.isWhole(try rig.contents(file)))
      try rig.volume.remove(file)
    }
    rig.expectInvariants()
    #expect(
      rig.volume.freeByteCount == (rig.volume.device.pageCount - rig.volume.groups.count) << 12)
  }
}

/// One thread's part.
///
/// Blocks 0 to 7 of each file are written and read, block 8 and on are stored into through
/// mappings, each by one thread only: bytes that two instructions touch at once are nobody's
/// promise.
private final class ThreadWorker {
  let number: Int
  let rig: Rig
  let files: [FileID]
  let stepCount: Int
  var random: SplitMix
  var areas: [VirtualArea] = []
  var failures: [String] = []

  init(_ number: Int, _ rig: Rig, _ files: [FileID], _ stepCount: Int) {
    self.number = number
    self.rig = rig
    self.files = files
    self.stepCount = stepCount
    random = SplitMix(seed: UInt64(number + 1))
  }

  /// Whether each half of a block has one value, and none is of a free block.
  static func isWhole(_ bytes: [UInt8]) -> Bool {
    stride(from: 0, to: bytes.count, by: 2048).allSatisfy { start in
      let value = bytes[start]
      let count = min(2048, bytes.count - start)
      let expected = [UInt8](repeating: value, count: count)
      return value != Payload.free && areEqual(bytes, at: start, expected, count: count)
    }
  }

  func run() throws {
    areas = try files.map { try rig.volume.makeArea($0, at: 0, pageCount: 12) }
    for step in 0..<stepCount {
      let place = random.below(files.count)
      let file = files[place]
      let half = random.below(16)
      let value = UInt8(1 + random.below(100))
      switch random.below(16) {
      case 0..<4:
        let count = min(1 + random.below(4), 16 - half) * 2048
        try rig.write(file, half * 2048, [UInt8](repeating: value, count: count))
      case 4..<6:
        if !Self.isWhole(try rig.read(file, 0, 8 << 12)) { failures.append("read at \(step)") }
      case 6..<9: store(areas[place], value)
      case 9:
        _ = rig.volume.fault(areas[place], page: random.below(8), isWrite: half < 8)
      case 10..<12: try copy(file, value)
      case 12:
        let from = random.below(4) << 12
        let other = files[random.below(files.count)]
        allow([.EINVAL]) {
          try rig.volume.clone(
            from: OpenFile(other, on: rig.volume), at: from, byteCount: 4096 * 3,
            to: OpenFile(file, on: rig.volume), at: 4 << 12)
        }
      case 13:
        let size = (18 + random.below(6)) * 2048
        try rig.volume.truncate(file, to: size)
        try rig.volume.truncate(file, to: 12 << 12)
      case 14: try rig.volume.unshare(file, at: half * 2048, byteCount: 3 << 12)
      default: try rig.volume.sync(file)
      }
    }
    areas = []
  }

  private func allow(_ errors: Set<Errno>, _ body: () throws -> Void) {
    if let error = errno(body), !errors.contains(error) { failures.append("\(error)") }
  }

  /// This thread's own page of a file, which a truncate may have taken away.
  private func store(_ area: VirtualArea, _ value: UInt8) {
    let bytes = [UInt8](repeating: value, count: 4096)
    allow([.EIO]) { try rig.volume.store(area, at: (8 + number) << 12, bytes.span.bytes) }
    var found = [UInt8](repeating: 0, count: 4096)
    allow([.EIO]) {
      var span = found.mutableSpan
      var raw = span.mutableBytes
      try rig.volume.load(area, at: (8 + number) << 12, into: &raw)
    }
    if !Self.isWhole(found) { failures.append("a stored page") }
  }

  /// A copy of a file, which nobody else knows: its bytes stay as they are until it goes.
  private func copy(_ file: FileID, _ value: UInt8) throws {
    let copy = try rig.volume.create()
    try rig.volume.clone(from: file, to: copy)
    let bytes = try rig.contents(copy)
    if !Self.isWhole(bytes) { failures.append("a copy") }
    let results = try? rig.volume.dedupe(
      from: OpenFile(file, on: rig.volume), at: 0, byteCount: 4 << 12,
      targets: [(OpenFile(copy, on: rig.volume), 0)])
    if results?.first?.status ?? -1 < 0 { failures.append("a dedupe") }
    if try rig.contents(copy) != bytes { failures.append("a copy changed") }
    try rig.write(copy, 2048, [UInt8](repeating: value, count: 4096))
    if !Self.isWhole(try rig.contents(copy)) { failures.append("a written copy") }
    try rig.volume.remove(copy)
  }
}
