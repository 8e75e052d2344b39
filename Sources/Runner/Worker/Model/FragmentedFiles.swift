internal import FSDAX

extension ModelVolume {
  /// A file of so many bytes in extents of so many: ranges of a master in a random order.
  ///
  /// - Parameters:
  ///   - master: What the ranges are taken from.
  ///   - byteCount: Bytes of the file, at most those of the master.
  ///   - extentByteCount: Bytes of an extent, whole blocks; more than the file has make it one.
  ///   - rotation: How far behind, cyclically, each range is taken from the master.
  /// - Returns: The file, and the place in the master of each of its extents.
  /// - Throws: `FSDAXError` of the clones.
  func fragmented(
    _ master: FileID, byteCount: Int, extentByteCount: Int, rotatedBy rotation: Int = 0
  ) throws(FSDAXError) -> (file: FileID, origins: [UInt32]) {
    let file = try volume.create()
    let extent = min(extentByteCount, byteCount)
    let count = byteCount / extent
    let shuffled = Places(count: count, perArming: count, seed: 0xdaa).current.map { $0 }
    for (index, origin) in shuffled.enumerated() {
      let start = (Int(origin) * extent + rotation) % byteCount
      let first = min(extent, byteCount - start)
      try volume.cloneRange(master, at: start, to: file, at: index * extent, first)
      if first < extent {
        try volume.cloneRange(master, at: 0, to: file, at: index * extent + first, extent - first)
      }
    }
    return (file, shuffled)
  }
}

/// The one file of many extents that a big volume has at a time, and its twin.
///
/// Every further file would be another owner of each block, and cells that wait would make those
/// that run slower; a cell builds the file it needs when it is armed, outside of the clock.
final class FragmentedFile {
  let supply: ModelVolume
  private(set) var file: FileID?
  private(set) var twin: FileID?
  private var extentByteCount = 0
  private var origins: [UInt32] = []

  init(_ supply: ModelVolume) { self.supply = supply }

  /// Makes the file have extents of a size, and the twin where it is needed.
  func make(
    byteCount: Int, extentByteCount extent: Int, needsTwin: Bool
  ) throws(FSDAXError) {
    let volume = supply.volume
    if extent != extentByteCount {
      for old in [file, twin] { if let old { try volume.remove(old) } }
      (file, twin, extentByteCount) = (nil, nil, 0)
      let made = try supply.fragmented(
        supply.masters[0], byteCount: byteCount, extentByteCount: extent)
      (file, origins, extentByteCount) = (made.file, made.origins, extent)
      // A write far from all others would stage 32 blocks, and a batch of them fill the device.
      try volume.setAttributes(of: made.file) { $0.cowExtentHint = 1 }
    }
    if needsTwin, twin == nil {
      // The master's bytes repeat, so the same bytes stand in other blocks, and two are compared.
      twin = try supply.fragmented(
        supply.masters[0], byteCount: byteCount, extentByteCount: extent,
        rotatedBy: ModelVolume.userByteCount
      ).file
    }
  }

  /// Shares blocks with the master again that were copied on write.
  func restore(_ places: [UInt32]) throws(FSDAXError) {
    guard let file else { return }
    let block = ModelVolume.blockByteCount
    for place in places {
      let at = Int(place) * block
      let origin = Int(origins[at / extentByteCount]) * extentByteCount + at % extentByteCount
      try supply.volume.cloneRange(supply.masters[0], at: origin, to: file, at: at, block)
    }
  }
}
