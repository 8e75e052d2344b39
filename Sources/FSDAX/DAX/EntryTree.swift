struct EntryTree: ~Copyable {
  init(inode: UInt32) {}
  var isEmpty: Bool { true }
}
