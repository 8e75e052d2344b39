internal import FSDAX

/// Writes dirty pages back, one call each.
final class WritebackWork: ModelWork {
  let volume: Volume
  private let file: FileID
  private let byteCount: Int
  private let supply: ModelVolume
  private var pages: Places
  private var area: VirtualArea?
  private var armed = Ledger()

  init(_ supply: ModelVolume, byteCount: Int) throws(CellException) {
    self.supply = supply
    volume = supply.volume
    self.byteCount = byteCount
    pages = Places(
      count: supply.plainByteCount / byteCount, perArming: max((2 << 20) / byteCount, 4))
    do throws(FSDAXError) {
      file = try supply.plainFile(0)
    } catch {
      throw .failed(error.description)
    }
  }

  var callLimit: Int { pages.perArming }
  var byteCountPerCall: Int { byteCount }

  /// Stores into each page through a mapping, so that its entry and its lines are dirty.
  func arm() throws(FSDAXError) {
    pages.next()
    let made = try volume.makeArea(
      file, at: 0, pageCount: supply.plainByteCount / ModelVolume.blockByteCount)
    area = made
    for page in pages.current {
      try supply.store(made, at: Int(page) * byteCount, byteCount: byteCount)
    }
    armed = volume.ledger
  }

  func rewind() { pages.rewind() }

  func disarm() throws(FSDAXError) {
    area = nil
    try volume.invalidate(file)
  }

  func run(calls: Int) throws(FSDAXError) {
    for page in pages.current.prefix(calls) {
      try volume.sync(file, from: Int(page) &* byteCount, byteCount: byteCount)
    }
  }

  /// The armed pages were dirty, so the run wrote their lines back; now they are clean.
  func check(calls: Int) throws(ModelError) {
    let ran = volume.ledger
    if (ran - armed)[.linesFlushed] < calls * (byteCount / 64) {
      throw .wrong("A sync of the model wrote fewer lines back than were dirty.")
    }
    do throws(FSDAXError) { try run(calls: calls) } catch { throw .failed(error) }
    if (volume.ledger - ran)[.linesFlushed] != 0 {
      throw .wrong("A second sync of the model wrote lines back that were clean.")
    }
  }
}
