internal import FSDAX
internal import Plan

/// Compares ranges of two files with equal contents and blocks of their own, as a dedupe does.
final class CompareWork: ModelWork {
  let volume: Volume
  private let file: FileID
  private let twin: FileID
  private let byteCount: Int
  /// Where a comparison ends, or nil for equal ranges: data differ from a hole from their block's
  /// beginning on.
  private let difference: Int?
  private var places: Places

  /// - Parameters:
  ///   - supply: The volume and two masters of equal bytes.
  ///   - byteCount: Bytes compared by a call.
  ///   - extentByteCount: Bytes of an extent of either file.
  ///   - mismatch: Where each range differs.
  ///   - isHole: Whether both files are holes, but for the differing block of one.
  /// - Throws: `CellException` with what the volume refused.
  init(
    _ supply: ModelVolume, byteCount: Int, extentByteCount: Int, mismatch: Mismatch, isHole: Bool
  ) throws(CellException) {
    volume = supply.volume
    self.byteCount = byteCount
    let offset = mismatch.offset(in: byteCount)
    difference = offset.map { isHole ? $0 & -ModelVolume.blockByteCount : $0 }
    let total = supply.masterByteCount
    places = Places(count: total / byteCount, perArming: 64)
    do throws(FSDAXError) {
      if isHole {
        file = try volume.create()
        twin = try volume.create()
        try volume.truncate(file, to: total)
        try volume.truncate(twin, to: total)
      } else {
        file = try supply.fragmented(
          supply.masters[0], byteCount: total, extentByteCount: extentByteCount
        ).file
        twin = try supply.fragmented(
          supply.masters[1], byteCount: total, extentByteCount: extentByteCount
        ).file
      }
      if let offset {
        for start in stride(from: 0, to: total, by: byteCount) {
          try volume.flip(twin, at: start + offset)
        }
      }
    } catch {
      throw .failed(error.description)
    }
  }

  var callLimit: Int { places.perArming }
  var byteCountPerCall: Int { difference.map { $0 + 1 } ?? byteCount }

  func arm() throws(FSDAXError) { places.next() }

  func rewind() { places.rewind() }

  func run(calls: Int) throws(FSDAXError) {
    for place in places.current.prefix(calls) {
      let at = Int(place) &* byteCount
      _ = try volume.compare(file, at: at, with: twin, at: at, byteCount: byteCount)
    }
  }

  func check(calls: Int) throws(ModelError) {
    do throws(FSDAXError) {
      for place in places.current.prefix(calls) {
        let at = Int(place) * byteCount
        let found = try volume.compare(file, at: at, with: twin, at: at, byteCount: byteCount)
        if found != difference {
          throw FSDAXError(.EBADE, .compare, file, position: at)
        }
      }
    } catch {
      throw .failed(error)
    }
  }
}

extension Mismatch {
  /// The offset of the differing byte in a range, or nil for equal ones.
  fileprivate func offset(in byteCount: Int) -> Int? {
    switch self {
    case .none, .shared: nil
    case .first: 0
    case .middle: byteCount / 2
    case .last: byteCount - 1
    }
  }
}

extension Volume {
  /// Changes a byte.
  fileprivate func flip(_ file: FileID, at position: Int) throws(FSDAXError) {
    let bytes = try bytes(of: file, at: position, count: 1).map { ~$0 }
    // SAFETY: the array's own bytes.
    try unsafe write(file, at: position, bytes.span.bytes)
  }
}

/// Clones a file into new, empty ones.
final class CloneWork: ModelWork {
  let volume: Volume
  private let source: FileID
  private let byteCount: Int
  private var targets: [FileID] = []

  init(_ supply: ModelVolume, byteCount: Int, extentByteCount: Int) throws(CellException) {
    volume = supply.volume
    self.byteCount = byteCount
    do throws(FSDAXError) {
      source = try supply.fragmented(
        supply.masters[0], byteCount: byteCount, extentByteCount: extentByteCount
      ).file
    } catch {
      throw .failed(error.description)
    }
  }

  var callLimit: Int { max(min(256, (64 << 20) / byteCount), 2) }
  var byteCountPerCall: Int { byteCount }

  func arm() throws(FSDAXError) {
    for _ in 0..<callLimit { targets.append(try volume.create()) }
  }

  func disarm() throws(FSDAXError) {
    for target in targets { try volume.remove(target) }
    targets = []
  }

  func run(calls: Int) throws(FSDAXError) {
    for target in targets.prefix(calls) { try volume.clone(from: source, to: target) }
  }

  func check(calls: Int) throws(ModelError) {
    do throws(FSDAXError) {
      for target in targets.prefix(min(calls, 4)) {
        let difference = try volume.compare(
          source, at: 0, with: target, at: 0, byteCount: byteCount)
        if difference != nil { throw FSDAXError(.EIO, .clone, target) }
      }
    } catch {
      throw .failed(error)
    }
  }
}
