import Testing

@testable import FSDAX

/// Random operations of all kinds against arrays of bytes and the invariants.
///
/// Source: specification, section 11.
@Suite("Differential machine")
struct DifferentialTests {
  /// The hazards that change no byte as long as nothing is poisoned and no `end` fails.
  static let harmless = Profile(
    hazards: .all.subtracting([
      .staleAfterShortCopy, .compareUnwrittenMedia, .unshareKeepsDirtyEntries,
    ]))

  static let kinds = [
    MachineKind(name: "XFS"),
    MachineKind(
      name: "XFS with owner trees", tracking: .ownerTree, byteCount: 800 << 12, groupCount: 2),
    MachineKind(name: "XFS with shadow pages", tracking: .shadowPages),
    MachineKind(name: "XFS upstream", profile: harmless),
    MachineKind(name: "XFS always copying", alwaysCopies: true),
    MachineKind(name: "XFS nearly full", byteCount: 64 << 12, isSmall: true),
    MachineKind(name: "Btrfs", personality: .btrfs, byteCount: 800 << 12, groupCount: 2),
    MachineKind(name: "Btrfs with owner trees", personality: .btrfs, tracking: .ownerTree),
    MachineKind(name: "Btrfs nearly full", personality: .btrfs, byteCount: 64 << 12, isSmall: true),
  ]

  @Test("Small files", arguments: kinds, [1, 2, 3] as [UInt64])
  func small(_ kind: MachineKind, seed: UInt64) throws {
    try Machine(kind, seed: seed).run()
  }

  static let hugeKinds = [
    MachineKind(name: "huge XFS", byteCount: 20 << 20, stepCount: 60, fileLimit: 3, isHuge: true),
    MachineKind(
      name: "huge XFS with owner trees", alwaysCopies: true, tracking: .ownerTree,
      byteCount: 20 << 20, stepCount: 60, fileLimit: 3, isHuge: true),
    MachineKind(
      name: "huge Btrfs with shadow pages", personality: .btrfs, tracking: .shadowPages,
      byteCount: 20 << 20, stepCount: 60, fileLimit: 3, isHuge: true),
  ]

  @Test("A file of 3 MiB among them", arguments: hugeKinds, [1, 2, 10] as [UInt64])
  func huge(_ kind: MachineKind, seed: UInt64) throws {
    try Machine(kind, seed: seed).run()
  }
}
