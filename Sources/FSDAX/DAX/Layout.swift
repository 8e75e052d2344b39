extension Volume {
  /// Drops cached entries before a copy-on-write or a first write; with the marks cleared also
  /// dirty ones go. Source: specification, section 3.2.
  @inline(__always)
  func dropEntries(
    _ inode: Inode, from position: UInt64, byteCount: UInt64, clearsMarks: Bool
  ) {
  }

  /// Removes entries whatever their marks, as truncation does.
  func deleteEntries(_ inode: Inode, _ pages: Range<UInt64>) {
  }

  /// Waits until no frame of a range is pinned, and takes the range away from mappings.
  func breakLayouts(
    _ inode: Inode, _ position: UInt64, _ byteCount: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) {
  }
}
