internal import HotCore
internal import Synchronization

extension Volume {
  /// Runs an operation that changes a file's blocks: alone in the file, faults kept out.
  func changing<Result>(
    _ file: FileID, _ operation: FSDAXOperation, _ position: Int,
    _ body: (Inode, LedgerStripe) throws(Errno) -> Result
  ) throws(FSDAXError) -> Result {
    do throws(Errno) {
      let inode = try inode(file)
      inode.ioLock.lockExclusive()
      defer { inode.ioLock.unlockExclusive() }
      inode.invalidateLock.lockExclusive()
      defer { inode.invalidateLock.unlockExclusive() }
      try inode.check(file)
      try inode.checkRegular()
      if isShutDown { throw .EIO }
      if btrfs.isReadOnly.load(ordering: .acquiring) { throw .EROFS }
      let result = try body(inode, ledgers.mine)
      touch(inode)
      return result
    } catch {
      throw FSDAXError(error, operation, file, position: position)
    }
  }

  /// Runs a look at a file that nobody changes meanwhile.
  func looking<Result>(
    _ file: FileID, _ body: (Inode) throws(Errno) -> Result
  ) throws(FSDAXError) -> Result {
    do throws(Errno) {
      let inode = try inode(file)
      inode.ioLock.lockShared()
      defer { inode.ioLock.unlockShared() }
      try inode.check(file)
      return try body(inode)
    } catch {
      throw FSDAXError(error, .open, file)
    }
  }
}
