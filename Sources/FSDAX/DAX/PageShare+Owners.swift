internal import HotCore

extension Volume {
  /// The files and indices whose entries have a frame.
  ///
  /// A frame in the shared form has only a count: then the reverse map says whose data the block
  /// is, and those of them count that have it cached. No lock is held.
  func frameOwners(_ frame: Int) -> [BlockOwner] {
    switch frames.owners(of: frame) {
    case .known(let owners): return owners
    case .askFilesystem:
      var found: [BlockOwner] = []
      let block = UInt32(frame)
      let group = groups[groups.index(of: block)]
      group.lock()
      group.state.owners(of: block, into: &found)
      group.unlock()
      return found.filter { owner in
        guard let inode = inodes.inode(owner.inode) else { return false }
        inode.entries.lock.lockExclusive()
        defer { inode.entries.lock.unlockExclusive() }
        guard let placed = inode.entries.covering(owner.block), placed.entry.hasFrames else {
          return false
        }
        return placed.entry.frame + Int(owner.block - placed.base) == frame
      }
    }
  }
}
