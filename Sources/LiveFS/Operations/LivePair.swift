internal import CHost
internal import Glibc
internal import HotCore

/// A source file of random bytes and a target beside it, in a folder that goes with them.
struct LivePair: ~Copyable {
  let source: LiveFile
  let target: LiveFile
  /// What the source holds.
  let contents: LiveBytes
  /// Bytes of the source.
  let byteCount: Int
  private let room: LiveBytes
  private let tellsExtents: Bool
  private let folder: LiveFolder

  /// Makes both; the source is written whole and synced, so that it is one extent where the
  /// filesystem can have it so.
  init(_ target: LiveTarget, byteCount: Int) throws(FaultError) {
    let free = try exercising { () throws(LiveError) in try Filesystem.freeByteCount(target.path) }
    // Source, target, and the blocks that copy-on-write gives the target.
    guard free >= 4 * byteCount else {
      throw .unavailable(
        reason: "needs \(4 * byteCount >> 20) MiB and \(free >> 20) are free in \(target.path)")
    }
    let folder = try exercising { () throws(LiveError) in try LiveFolder(in: target.path) }
    let source = try exercising { () throws(LiveError) in
      try LiveFile(folder.path + "/source", [.read, .write, .exclusive])
    }
    let file = try exercising { () throws(LiveError) in
      try LiveFile(folder.path + "/target", [.read, .write, .exclusive])
    }
    self.source = source
    self.target = file
    self.folder = folder
    self.byteCount = byteCount
    tellsExtents = target.has(.fiemap)
    contents = LiveBytes(count: byteCount, seed: 0xDA7A)
    room = LiveBytes(count: byteCount, seed: 0)
  }

  /// The folder, for more files.
  var path: String { folder.path }

  /// Writes the source's bytes into it, so many in a write; no folio of the page cache is larger.
  func fillSource(partByteCount: Int = .max) throws(LiveError) {
    try fill(source, partByteCount)
  }

  /// Writes the same bytes into the target, in the same way, with blocks of its own.
  func fillTarget(partByteCount: Int = .max) throws(LiveError) {
    try target.truncate(to: 0)
    try fill(target, partByteCount)
  }

  private func fill(_ file: borrowing LiveFile, _ partByteCount: Int) throws(LiveError) {
    var place = 0
    while place < byteCount {
      let count = min(partByteCount, byteCount - place)
      // SAFETY: a part of the bytes, which live as long as this value.
      try unsafe file.writeAll(.init(rebasing: contents.all[place..<place + count]), at: place)
      place += count
    }
    try file.sync()
  }

  /// Makes the target a clone of the source, with nothing left to write out.
  func share() throws(LiveError) {
    try target.clone(from: source)
    try target.syncFilesystem()
  }

  /// Reads a range of a file into the page cache.
  func warm(_ file: borrowing LiveFile, at offset: Int, byteCount: Int) throws(LiveError) {
    // SAFETY: the room is as long as either file.
    let part = unsafe UnsafeMutableRawBufferPointer(rebasing: room.room[..<byteCount])
    let count = try unsafe file.readAll(into: part, at: offset)
    if count != byteCount { throw LiveError(call: "pread", errno: EIO, path: file.path) }
  }

  /// Reads a file into the page cache anew, in folios of one page.
  ///
  /// A large folio would be mapped with one fault. Only pages that are clean are read anew.
  func warmSingly(_ file: borrowing LiveFile) throws(LiveError) {
    try file.dropCache()
    try file.readSingly(true)
    let page = basePageByteCount
    for offset in stride(from: 0, to: byteCount, by: page) {
      try warm(file, at: offset, byteCount: min(page, byteCount - offset))
    }
    try file.readSingly(false)
  }

  /// Notes what of the target is shared, and what of both files is resident, which may change soon.
  func note(_ measured: inout LiveMeasurement, byteCount: Int) throws(LiveError) {
    // A filesystem that tells no extents shares none.
    if tellsExtents {
      measured.sharedByteCount = try target.sharedByteCount(at: 0, byteCount: byteCount)
    }
    measured.sourceResidentByteCount = try source.residentByteCount(at: 0, byteCount: byteCount)
    measured.targetResidentByteCount = try target.residentByteCount(at: 0, byteCount: byteCount)
  }

  /// Checks that a file holds the source's bytes, but for other bytes at some places.
  func check(
    _ file: borrowing LiveFile, _ name: String, other: borrowing LiveBytes, at places: [Int]
  ) throws(FaultError) {
    try exercising { () throws(LiveError) in try warm(file, at: 0, byteCount: byteCount) }
    var start = 0
    for place in places + [byteCount] {
      let end = place
      guard room.equals(contents, at: start, from: start, count: end - start) else {
        throw .failed(reason: "the \(name) changed where nothing was written")
      }
      if place == byteCount { break }
      guard room.equals(other, at: 0, from: place, count: other.count) else {
        throw .failed(reason: "the \(name) does not hold what was written at \(place)")
      }
      start = place + other.count
    }
  }

  /// Checks that a file holds the source's bytes.
  func check(_ file: borrowing LiveFile, _ name: String) throws(FaultError) {
    try check(file, name, other: LiveBytes(count: 0, seed: 0), at: [])
  }
}

extension LiveTarget {
  /// Refuses an exercise when a feature is missing.
  func require(_ feature: Feature) throws(FaultError) {
    if let reason = reason(without: feature) { throw .unavailable(reason: reason) }
  }
}
