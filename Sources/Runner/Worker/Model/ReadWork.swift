internal import FSDAX
internal import HotCore

/// Reads ranges of one file, the same for all threads, into memory of their own.
@safe final class ReadWork: ModelWork {
  let volume: Volume
  private let supply: ModelVolume
  private let file: FileID
  private let byteCount: Int
  private let arena: Arena
  private let room: UnsafeMutableRawPointer
  private let roomByteCount: Int
  private var places: Places

  /// - Parameters:
  ///   - supply: The volume; all threads read its first master.
  ///   - thread: Decides the order.
  ///   - threads: How many share the room, which no cache holds.
  ///   - byteCount: Bytes of a read.
  /// - Throws: `CellException` without memory for the room.
  init(
    _ supply: ModelVolume, thread: Int, of threads: Int, byteCount: Int
  ) throws(CellException) {
    self.supply = supply
    volume = supply.volume
    file = supply.masters[0]
    self.byteCount = byteCount
    roomByteCount = (64 << 20) / threads / byteCount * byteCount
    do throws(ArenaError) {
      arena = try Arena(.transparentHuge, byteCount: roomByteCount)
    } catch {
      throw .failed(error.description)
    }
    // SAFETY: the arena is kept as long as this.
    unsafe room = arena.base
    places = Places(
      count: supply.masterByteCount / byteCount, perArming: 512, seed: UInt64(thread))
  }

  var callLimit: Int { places.perArming }
  var byteCountPerCall: Int { byteCount }

  func arm() throws(FSDAXError) { places.next() }

  func rewind() { places.rewind() }

  func run(calls: Int) throws(FSDAXError) {
    let volume = volume
    for place in places.current.prefix(calls) {
      let at = Int(place) &* byteCount
      // SAFETY: the range lies in the room.
      try unsafe volume.read(
        file, at: at,
        into: UnsafeMutableRawBufferPointer(start: room + at % roomByteCount, count: byteCount))
    }
  }

  func check(calls: Int) throws(ModelError) {
    guard let place = places.current.prefix(calls).last else { return }
    let at = Int(place) * byteCount
    let again: [UInt8]
    do throws(FSDAXError) {
      again = try volume.bytes(of: file, at: at, count: byteCount)
    } catch {
      throw .failed(error)
    }
    for index in 0..<byteCount {
      // SAFETY: an index of the range read last.
      let found = unsafe room.load(fromByteOffset: at % roomByteCount + index, as: UInt8.self)
      if found != again[index] {
        throw .wrong("A read of the model gave other bytes than a second one.")
      }
    }
  }
}

/// Clones a master into new files again and again, for as long as others work.
final class CloneLoop: Sendable {
  private let volume: Volume
  private let source: FileID

  init(_ supply: ModelVolume) {
    volume = supply.volume
    source = supply.masters[0]
  }

  /// Clones until told that nobody is left.
  func run(while isWanted: () -> Bool) throws(FSDAXError) {
    while isWanted() {
      let target = try volume.create()
      try volume.clone(from: source, to: target)
      try volume.remove(target)
    }
  }
}
