import Testing

@testable import FSDAX

/// Which volume a machine runs on, and what may happen to it.
struct MachineKind: Sendable, CustomTestStringConvertible {
  let name: String
  var personality: Personality = .xfs
  var profile: Profile = .strict
  var alwaysCopies = false
  var tracking: ShareTracking = .shareCount
  var byteCount = 256 << 12
  var groupCount = 1
  var stepCount = 200
  var fileLimit = 6
  /// A first file of 3 MiB, and faults of 2 MiB.
  var isHuge = false
  /// Whether space runs out.
  var isSmall = false

  var testDescription: String { name }
  var isStrict: Bool { profile == .strict }
  /// Whether a private block is written in place.
  var writesInPlace: Bool { personality == .xfs && !alwaysCopies }
}

/// Random operations on a volume, each repeated on arrays of bytes, with all files, mappings and
/// books of the volume compared after every one.
final class Machine {
  let kind: MachineKind
  let seed: UInt64
  let rig: Rig
  let user = GuardedPages(64 << 10)
  var random: SplitMix
  var files: [ModelFile] = []
  var step = 0
  /// What the current step does, for the text of a failure.
  var note = ""
  var hasFailed = false
  /// Where the step may take dirty entries away, by file: see `overwrites` and `breaksLayouts`.
  var excused: [UInt32: [Range<UInt64>]] = [:]

  init(_ kind: MachineKind, seed: UInt64) throws {
    self.kind = kind
    self.seed = seed
    random = SplitMix(seed: seed &* 7919)
    rig = try Rig(kind.profile, byteCount: kind.byteCount) {
      $0.personality = kind.personality
      $0.alwaysCopiesOnWrite = kind.alwaysCopies
      $0.tracking = kind.tracking
      $0.groupCount = kind.groupCount
    }
    fillUnreachable()
    if kind.isHuge {
      let file = try create()
      try rig.volume.allocate(file.id, at: 0, byteCount: 3 << 20)
      file.resize(3 << 20)
    }
    for _ in 0..<3 { _ = try create() }
  }

  var volume: Volume { rig.volume }

  func fail(_ text: String) {
    if !hasFailed { Issue.record("\(kind.name) seed \(seed) step \(step), \(note): \(text)") }
    hasFailed = true
  }

  func check(_ condition: Bool, _ text: @autoclosure () -> String) {
    if !condition { fail(text()) }
  }

  /// Runs an operation that may fail with given errors, and gives the one it failed with.
  func attempt(_ allowed: Set<Errno> = [], _ body: () throws -> Void) -> Errno? {
    guard let error = errno(body) else { return nil }
    var allowed = allowed
    if kind.isSmall { allowed.insert(.ENOSPC) }
    if isInjected { allowed.insert(.EIO) }
    check(allowed.contains(error), "error \(error)")
    return error
  }

  /// Whether the step makes an `end` fail.
  private(set) var isInjected = false

  func inject() {
    guard kind.isStrict, random.below(12) == 0 else { return }
    isInjected = true
    note += " with an end that fails"
    volume.failNextEnd(.EIO)
  }

  func run() throws {
    while step < kind.stepCount, !hasFailed {
      let before = volume.ledger
      excused = [:]
      isInjected = false
      try operate()
      if volume.takeEndError() != nil { isInjected = false }
      checkAll(volume.ledger - before)
      if step % 4 == 0 { fillUnreachable() }
      if step % 25 == 24 {
        rig.expectInvariants()
        compareAreas()
      }
      step += 1
    }
    guard !hasFailed else { return }
    note = "at the end"
    while let file = files.popLast() {
      _ = attempt { try volume.remove(file.id) }
      checkAll(Ledger())
    }
    rig.expectInvariants()
    let all = (volume.device.pageCount - volume.groups.count) << 12
    check(volume.freeByteCount == all, "blocks are lost")
  }

  /// A position near something that matters.
  func position(_ file: ModelFile) -> Int {
    let limit = kind.isHuge && file.size > 2 << 20 ? 3 << 20 : 48 << 10
    let edges = [0, 4096, 8192, 20_480, file.size, file.size & ~4095]
    var base = edges[random.below(edges.count)]
    if limit > 2 << 20, random.below(3) == 0 { base = 2 << 20 }
    let offset = [0, 0, 0, 1, -1, 511, 512, -512, 2048, random.below(limit)][random.below(10)]
    return min(max(base + offset, 0), limit)
  }

  func byteCount() -> Int {
    [1, 50, 511, 512, 4095, 4096, 4097, 8192, 1 + random.below(20_000)][random.below(9)]
  }

  func anyFile() -> ModelFile { files[random.below(files.count)] }
}
