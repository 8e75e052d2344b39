@testable import FSDAX

extension Rig {
  /// All entries of a file.
  func entries(_ file: FileID) -> [PlacedEntry] {
    let tree = inode(file)
    if tree.entries.isEmpty { return [] }
    tree.entries.lock.lockExclusive()
    defer { tree.entries.lock.unlockExclusive() }
    var found: [PlacedEntry] = []
    while let placed = tree.entries.next(from: found.last?.pages.upperBound ?? 0, before: .max) {
      found.append(placed)
    }
    return found
  }

  /// Invariant 7: what contradicts it, or nil.
  ///
  /// - Parameters:
  ///   - files: All files of the volume.
  ///   - asksFilesystem: Whether the reverse map is asked for the owners of shared frames as well.
  /// - Returns: The first contradiction.
  func wrongShareCount(_ files: [FileID], asksFilesystem: Bool = true) -> String? {
    var owners: [Int: Set<BlockOwner>] = [:]
    for file in files {
      for placed in entries(file) where placed.entry.hasFrames {
        for offset in 0..<Int(placed.entry.pageCount) {
          owners[placed.entry.frame + offset, default: []].insert(
            BlockOwner(inode: file.number, block: placed.base + UInt64(offset)))
        }
      }
    }
    for frame in 0..<volume.device.pageCount {
      let expected = owners[frame] ?? []
      let count = volume.frames.count(of: frame)
      if count != expected.count { return "frame \(frame): \(count) for \(expected)" }
      if count == 0 { continue }
      if case .known(let known) = volume.frames.owners(of: frame), Set(known) != expected {
        return "frame \(frame): \(known) for \(expected)"
      }
      if count > 1, asksFilesystem, Set(volume.frameOwners(frame)) != expected {
        return "frame \(frame): the reverse map says \(volume.frameOwners(frame))"
      }
    }
    return nil
  }
}
