internal import FSDAX
internal import Plan

/// Writes, zeroes or unshares blocks that a clone shares with its master, each once an arming.
///
/// Arming removes the clone and makes it again, so that the first touch of each window of 32 blocks
/// allocates it, as after any clone.
@safe final class SharedBlockWork: ModelWork {
  /// What is done at each place.
  enum Action { case write, zero, unshare }

  let volume: Volume
  private let supply: ModelVolume
  private let action: Action
  /// The file that is cloned: a master, or one with holes.
  private let origin: FileID
  private let source: SourceState
  private let position: Int
  private let length: Int
  private let unitByteCount: Int
  private var places: Places
  private var clone: FileID?
  private var armed = Ledger()
  private let data: UnsafeRawPointer

  /// - Parameters:
  ///   - supply: The volume and its files.
  ///   - thread: Which master is cloned.
  ///   - action: What is done.
  ///   - source: What lies under the blocks; without data the write meets staging of its window.
  ///   - position: First byte in the unit.
  ///   - length: Bytes.
  ///   - unitByteCount: Bytes from one place to the next, whole blocks.
  ///   - isScattered: Whether each call is the first in its window of 32 blocks, over data.
  /// - Throws: `CellException` with what the volume refused.
  init(
    _ supply: ModelVolume, thread: Int, _ action: Action, source: SourceState, position: Int,
    length: Int, unitByteCount: Int, isScattered: Bool
  ) throws(CellException) {
    self.supply = supply
    volume = supply.volume
    self.action = action
    self.source = source
    self.position = position
    self.length = length
    self.unitByteCount = unitByteCount
    // SAFETY: the user's memory lives as long as the supply, which this keeps; each thread has its
    // own part, and a write is at most 2 MiB.
    unsafe data = UnsafeRawPointer(supply.userBytes + thread * (4 << 20))
    let master = supply.masters[thread]
    let byteCount = supply.masterByteCount
    let blocksPerUnit = unitByteCount / ModelVolume.blockByteCount
    let limit = max(min(4096, (16 << 20) / unitByteCount), 8)
    if source == .mapped {
      origin = master
      let group = volume.windowUnits(ofBlocks: blocksPerUnit)
      places = Places(
        count: byteCount / unitByteCount, perArming: limit, groupCount: isScattered ? 1 : group
      ) { !isScattered || $0 % group == 0 }
    } else {
      do throws(FSDAXError) {
        origin = try volume.create()
        for block in stride(from: 0, to: byteCount / ModelVolume.blockByteCount, by: windowBlocks) {
          try volume.cloneRange(
            master, at: block * ModelVolume.blockByteCount, to: origin, ModelVolume.blockByteCount)
        }
        try volume.truncate(origin, to: byteCount)
      } catch {
        throw .failed(error.description)
      }
      places = Places(count: byteCount / unitByteCount, perArming: limit) {
        ($0 * blocksPerUnit) % windowBlocks != 0
      }
    }
  }

  var callLimit: Int { places.perArming }
  var byteCountPerCall: Int { action == .write ? unitByteCount : length }

  func arm() throws(FSDAXError) {
    let made = try volume.create()
    clone = made
    try volume.clone(from: origin, to: made)
    places.next()
    armed = volume.ledger
    guard source != .mapped else { return }
    // Where there are no shared data, a write copies on write inside the staging of its window.
    if source == .unwritten {
      try volume.allocate(made, at: 0, byteCount: supply.masterByteCount)
    }
    let windowByteCount = windowBlocks * ModelVolume.blockByteCount
    for window in Set(places.current.map { Int($0) * unitByteCount / windowByteCount }) {
      // SAFETY: one readable byte.
      try unsafe volume.write(
        made, at: window * windowByteCount, UnsafeRawBufferPointer(start: data, count: 1))
    }
  }

  func rewind() { places.rewind() }

  func disarm() throws(FSDAXError) {
    if let clone { try volume.remove(clone) }
    clone = nil
  }

  func run(calls: Int) throws(FSDAXError) {
    guard let clone else { return }
    let bytes = unsafe UnsafeRawBufferPointer(start: data, count: length)
    let volume = volume
    let unit = unitByteCount
    let position = position
    for place in places.current.prefix(calls) {
      let at = Int(place) &* unit &+ position
      switch action {
      // SAFETY: the bytes are the user's memory, kept by the supply.
      case .write: try unsafe volume.write(clone, at: at, bytes)
      case .zero: try volume.zero(clone, at: at, byteCount: bytes.count)
      case .unshare: try volume.unshare(clone, at: at, byteCount: bytes.count)
      }
    }
  }

  func check(calls: Int) throws(ModelError) {
    guard let clone else { return }
    if action == .unshare, (volume.ledger - armed)[.unshareBytesCopied] < calls * length {
      throw .wrong("An unshare of the model copied less than was shared.")
    }
    for place in places.current.prefix(calls) {
      let start = Int(place) * unitByteCount
      let found: [UInt8]
      let old: [UInt8]
      do throws(FSDAXError) {
        found = try volume.bytes(of: clone, at: start, count: unitByteCount)
        old = try volume.bytes(of: origin, at: start, count: unitByteCount)
      } catch {
        throw .failed(error)
      }
      for index in 0..<unitByteCount {
        let isInside = index >= position && index < position + length
        let wanted: UInt8 =
          switch (isInside, action) {
          // SAFETY: an index inside the write is inside the user's data.
          case (true, .write): unsafe data.load(fromByteOffset: index - position, as: UInt8.self)
          case (true, .zero): 0
          default: old[index]
          }
        if found[index] != wanted {
          throw .wrong(
            "The model left \(found[index]) at byte \(start + index) where \(wanted) belongs.")
        }
      }
    }
  }
}

/// Blocks of an allocation for copy-on-write.
private let windowBlocks = 32

extension Volume {
  /// Units that share an allocation for copy-on-write; 1 where each has its own.
  func windowUnits(ofBlocks count: Int) -> Int {
    options.personality == .xfs ? max(windowBlocks / count, 1) : 1
  }

  /// Bytes of a file; those behind its end are zero.
  func bytes(of file: FileID, at position: Int, count: Int) throws(FSDAXError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FSDAXError?
    unsafe bytes.withUnsafeMutableBytes { buffer in
      do throws(FSDAXError) {
        // SAFETY: the buffer is the array's.
        try unsafe read(file, at: position, into: buffer)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Lets a range of one file share another's blocks, at the same position.
  func cloneRange(
    _ source: FileID, at position: Int, to target: FileID, at targetPosition: Int? = nil,
    _ byteCount: Int
  ) throws(FSDAXError) {
    try clone(
      from: OpenFile(source, on: self), at: position, byteCount: byteCount,
      to: OpenFile(target, on: self), at: targetPosition ?? position)
  }
}
