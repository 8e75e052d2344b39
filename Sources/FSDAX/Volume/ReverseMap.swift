/// A file block that refers to a device block.
struct BlockOwner: Hashable, Sendable {
  /// The file.
  var inode: UInt32
  /// The file block.
  var block: UInt64
}

/// Neighbouring device blocks that neighbouring blocks of one file refer to.
struct OwnerRun: Hashable, Sendable {
  /// The device blocks.
  var device: Range<UInt32>
  /// The file.
  var inode: UInt32
  /// The file block of the first device block.
  var first: UInt64
}

/// Who refers to a device block.
///
/// No record crosses a window of 512 device blocks (2 MiB), so that whatever concerns a block is in
/// one window. Within it, records are in the order of (file, distance between file block and
/// device block, device block): what belongs to one extent of one file lies side by side, and the
/// record that covers an owner is found in one descent, however many files share the window.
struct ReverseMap: ~Copyable {
  /// The records in that order.
  var tree = RecordTree<OwnerRecord>()

  /// A map without owners.
  init() {}

  /// How many records there are.
  var recordCount: Int { tree.count }

  /// Device blocks that a file refers to from now on, from a file block on.
  ///
  /// - Parameters:
  ///   - device: Device blocks.
  ///   - inode: The file.
  ///   - first: The file block of the first of them.
  @inline(__always)
  mutating func insert(device: Range<UInt32>, inode: UInt32, first: UInt64) {
    var block = device.lowerBound
    while block < device.upperBound {
      let end = OwnerRecord.pieceEnd(from: block, in: device)
      insertPiece(
        OwnerRecord(
          device: block, count: end &- block, inode: inode,
          first: first &+ UInt64(truncatingIfNeeded: block &- device.lowerBound)))
      block = end
    }
  }

  /// Device blocks that a file refers to no longer; all of them have this owner.
  ///
  /// - Parameters:
  ///   - device: Device blocks.
  ///   - inode: The file.
  ///   - first: The file block of the first of them.
  @inline(__always)
  mutating func remove(device: Range<UInt32>, inode: UInt32, first: UInt64) {
    var block = device.lowerBound
    while block < device.upperBound {
      let end = OwnerRecord.pieceEnd(from: block, in: device)
      removePiece(
        OwnerRecord(
          device: block, count: end &- block, inode: inode,
          first: first &+ UInt64(truncatingIfNeeded: block &- device.lowerBound)))
      block = end
    }
  }

  @inline(never)
  private mutating func insertPiece(_ piece: OwnerRecord) {
    guard let before = tree.floor(piece) else {
      insertFirst(piece)
      return
    }
    let previous = tree.record(at: before)
    let behind = tree.next(after: before)
    if let behind, piece.isContinued(by: tree.record(at: behind)) {
      let merged = piece.joined(with: tree.record(at: behind))
      if previous.isContinued(by: piece) {
        tree.replace(at: before, with: previous.joined(with: merged))
        tree.remove(at: behind)
      } else {
        tree.replace(at: behind, with: merged)
      }
    } else if previous.isContinued(by: piece) {
      tree.replace(at: before, with: previous.joined(with: piece))
    } else {
      precondition(!previous.overlaps(piece), "an owner twice")
      tree.insert(piece, after: before)
    }
  }

  private mutating func insertFirst(_ piece: OwnerRecord) {
    if let behind = tree.first, piece.isContinued(by: tree.record(at: behind)) {
      tree.replace(at: behind, with: piece.joined(with: tree.record(at: behind)))
    } else {
      tree.insert(piece)
    }
  }

  /// Removes part of a window; records in it that continue each other are merged, so one holds it.
  @inline(never)
  private mutating func removePiece(_ piece: OwnerRecord) {
    guard let cursor = tree.floor(piece) else {
      preconditionFailure("no such owner")
    }
    let whole = tree.record(at: cursor)
    precondition(whole.covers(piece), "no such owner")
    let hasHead = whole.start < piece.start
    let hasTail = piece.end < whole.end
    switch (hasHead, hasTail) {
    case (false, false):
      tree.remove(at: cursor)
    case (false, true):
      tree.replace(at: cursor, with: whole.part(from: piece.end, to: whole.end))
    case (true, false):
      tree.replace(at: cursor, with: whole.part(from: whole.start, to: piece.start))
    case (true, true):
      tree.replace(at: cursor, with: whole.part(from: whole.start, to: piece.start))
      tree.insert(whole.part(from: piece.end, to: whole.end), after: cursor)
    }
  }
}
