internal import FSDAX

/// Writes into, reads from or compares a file of many extents at random places.
@safe final class FragmentWork: ModelWork {
  /// What is done at each place.
  enum Action { case write, read, compare }

  let volume: Volume
  private let source: FragmentedFile
  private let action: Action
  private let byteCount: Int
  private let extentByteCount: Int
  private let position: Int
  private let length: Int
  private var places: Places
  private var spent: [UInt32] = []
  private let data: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - source: Makes the file.
  ///   - action: What is done.
  ///   - byteCount: Bytes of the file.
  ///   - extentByteCount: Bytes of its extents.
  ///   - position: The first byte of a write in its block.
  ///   - length: Bytes of a call.
  init(
    _ source: FragmentedFile, _ action: Action, byteCount: Int, extentByteCount: Int,
    position: Int, length: Int
  ) {
    self.source = source
    volume = source.supply.volume
    self.action = action
    self.byteCount = byteCount
    self.extentByteCount = min(extentByteCount, byteCount)
    self.position = position
    self.length = length
    // SAFETY: the user's memory lives as long as the supply, which the source keeps.
    unsafe data = source.supply.userBytes
    places = Places(count: byteCount / ModelVolume.blockByteCount, perArming: 2048)
  }

  var callLimit: Int { places.perArming }
  var byteCountPerCall: Int { action == .write ? ModelVolume.blockByteCount : length }

  func arm() throws(FSDAXError) {
    try source.make(
      byteCount: byteCount, extentByteCount: extentByteCount, needsTwin: action == .compare)
    places.next()
  }

  /// Shares again what the calls unshared: as long as they took, not as the whole file would.
  func rewind() { places.rewind() }

  func disarm() throws(FSDAXError) {
    try source.restore(spent)
    spent = []
  }

  func run(calls: Int) throws(FSDAXError) {
    guard let file = source.file else { throw FSDAXError(.ENOENT, .open, nil) }
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
      guard let twin = source.twin else { return }
      for place in current {
        let at = Int(place) &* ModelVolume.blockByteCount
        let difference = try volume.compare(file, at: at, with: twin, at: at, byteCount: length)
        if difference != nil { throw FSDAXError(.EBADE, .compare, file, position: at) }
      }
    }
  }

  func check(calls: Int) throws(ModelError) {
    guard action == .write, let file = source.file else { return }
    do throws(FSDAXError) {
      for place in places.current.prefix(calls) {
        let at = Int(place) * ModelVolume.blockByteCount + position
        let found = try volume.bytes(of: file, at: at, count: length)
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
