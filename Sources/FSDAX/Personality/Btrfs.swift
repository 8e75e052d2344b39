/// Btrfs as a design: there is no Btrfs on fsdax.
extension Volume {
  func beginBtrfsWrite(
    _ inode: Inode, _ blocks: BlockRange, _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    try beginXFSWrite(inode, blocks, operation, ledger)
  }
}
