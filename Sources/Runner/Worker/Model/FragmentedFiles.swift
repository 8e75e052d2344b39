internal import FSDAX

extension ModelVolume {
  /// A file of so many bytes in extents of so many: ranges of a master in a random order.
  ///
  /// - Parameters:
  ///   - master: What the ranges are taken from.
  ///   - byteCount: Bytes of the file, at most those of the master.
  ///   - extentByteCount: Bytes of an extent, whole blocks; the whole file is one where it is larger.
  /// - Returns: The file, and the place in the master of each of its extents.
  /// - Throws: `FSDAXError` of the clones.
  func fragmented(
    _ master: FileID, byteCount: Int, extentByteCount: Int
  ) throws(FSDAXError) -> (file: FileID, origins: [UInt32]) {
    let file = try volume.create()
    let extent = min(extentByteCount, byteCount)
    let count = byteCount / extent
    let shuffled = Places(count: count, perArming: count, seed: 0xdaa).current.map { $0 }
    for (index, origin) in shuffled.enumerated() {
      try volume.cloneRange(
        master, at: Int(origin) * extent, to: file, at: index * extent, extent)
    }
    return (file, shuffled)
  }
}

/// Writes into or reads from a file of many extents at random places.
@safe final class FragmentWork: ModelWork {
  /// What is done at each place.
  enum Action { case write, read, compare }

  let volume: Volume
  private let supply: ModelVolume
  private let action: Action
  private let file: FileID
  private let twin: FileID
  private let extentByteCount: Int
  private let origins: [UInt32]
  private let position: Int
  private let length: Int
  private var places: Places
  private var spent: [UInt32] = []
  private let data: UnsafeMutableRawPointer

  init(
    _ supply: ModelVolume, _ action: Action, byteCount: Int, extentByteCount: Int, position: Int,
    length: Int
  ) throws(CellException) {
    self.supply = supply
    volume = supply.volume
    self.action = action
    self.extentByteCount = min(extentByteCount, byteCount)
    self.position = position
    self.length = length
    // SAFETY: the user's memory lives as long as the supply, which this keeps.
    unsafe data = supply.userBytes
    places = Places(count: byteCount / ModelVolume.blockByteCount, perArming: 2048)
    do throws(FSDAXError) {
      (file, origins) = try supply.fragmented(
        supply.masters[0], byteCount: byteCount, extentByteCount: extentByteCount)
      twin =
        action == .compare
        ? try supply.fragmented(
          supply.masters[0], byteCount: byteCount, extentByteCount: extentByteCount
        ).file : file
      // A write far from all others would stage 32 blocks, and a batch of them fill the device.
      try volume.setAttributes(of: file) { $0.cowExtentHint = 1 }
    } catch {
      throw .failed(error.description)
    }
  }

  deinit {
    // What a cell made goes with it: the next one makes the same volume's files anew.
    _ = try? volume.remove(file)
    if twin != file { _ = try? volume.remove(twin) }
  }

  var callLimit: Int { places.perArming }
  var byteCountPerCall: Int {
    action == .write ? ModelVolume.blockByteCount : length
  }

  /// Shares again what the last calls unshared: as long as they took, not as the whole file would.
  func arm() throws(FSDAXError) {
    let block = ModelVolume.blockByteCount
    for place in spent {
      let at = Int(place) * block
      let extent = at / extentByteCount
      let origin = Int(origins[extent]) * extentByteCount + at % extentByteCount
      try volume.cloneRange(supply.masters[0], at: origin, to: file, at: at, block)
    }
    spent = []
    places.next()
  }

  func run(calls: Int) throws(FSDAXError) {
    let volume = volume
    let current = places.current.prefix(calls)
    switch action {
    case .write:
      spent = Array(current)
      // SAFETY: the user's memory, kept by the supply.
      let bytes = unsafe UnsafeRawBufferPointer(start: data, count: length)
      for place in current {
        try unsafe volume.write(
          file, at: Int(place) &* ModelVolume.blockByteCount &+ position, bytes)
      }
    case .read:
      let bytes = unsafe UnsafeMutableRawBufferPointer(start: data, count: length)
      for place in current {
        try unsafe volume.read(file, at: Int(place) &* ModelVolume.blockByteCount, into: bytes)
      }
    case .compare:
      for place in current {
        let at = Int(place) &* ModelVolume.blockByteCount
        _ = try volume.compare(file, at: at, with: twin, at: at, byteCount: length)
      }
    }
  }

  func check(calls: Int) throws(ModelError) {
    do throws(FSDAXError) {
      for place in places.current.prefix(calls) {
        let at = Int(place) * ModelVolume.blockByteCount
        guard action == .write else { continue }
        let found = try volume.bytes(of: file, at: at + position, count: length)
        for index in 0..<length
        // SAFETY: `length` bytes of the user's data were written.
        where unsafe found[index] != data.load(fromByteOffset: index, as: UInt8.self) {
          throw FSDAXError(.EIO, .read, file, position: at + index)
        }
      }
    } catch {
      throw .failed(error)
    }
  }
}
