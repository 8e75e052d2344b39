extension ReverseMap {
  /// Appends all who refer to a device block.
  func owners(of block: UInt32, into owners: inout [BlockOwner]) {
    let start = block & 511
    var cursor = tree.ceiling(OwnerRecord.probe(window: block &>> 9))
    while let at = cursor {
      let record = tree.record(at: at)
      guard record.window == block &>> 9 else { return }
      if record.start <= start && start < record.end {
        let distance = UInt64(start &- record.start)
        owners.append(BlockOwner(inode: record.inode, block: record.first &+ distance))
      }
      cursor = tree.next(after: at)
    }
  }

  /// The first record that meets a range of device blocks, whole and not clipped to it.
  ///
  /// Records come window by window, within one by file, not by device block.
  func firstOwner(in device: Range<UInt32>) -> OwnerRun? {
    guard !device.isEmpty else { return nil }
    let probe = OwnerRecord.probe(window: device.lowerBound &>> 9)
    return firstOwner(in: device, from: tree.ceiling(probe))
  }

  /// The record that comes after one and meets a range; what came before may be gone meanwhile.
  func nextOwner(in device: Range<UInt32>, after run: OwnerRun) -> OwnerRun? {
    guard !device.isEmpty else { return nil }
    let record = OwnerRecord(
      device: run.device.lowerBound, count: UInt32(run.device.count), inode: run.inode,
      first: run.first)
    guard let at = tree.floor(record) else { return firstOwner(in: device) }
    return firstOwner(in: device, from: tree.next(after: at))
  }

  private func firstOwner(
    in device: Range<UInt32>, from start: RecordTree<OwnerRecord>.Cursor?
  ) -> OwnerRun? {
    let lastWindow = (device.upperBound &- 1) &>> 9
    var cursor = start
    while let at = cursor {
      let record = tree.record(at: at)
      guard record.window <= lastWindow else { return nil }
      let run = record.run
      if run.device.overlaps(device) { return run }
      cursor = tree.next(after: at)
    }
    return nil
  }
}
