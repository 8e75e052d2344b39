internal import FSDAX
internal import Plan

/// Faults of one class on the pages of a mapping, by direct calls.
final class FaultWork: ModelWork {
  let volume: Volume
  private let supply: ModelVolume
  private let access: Plan.FaultAccess
  private let order: Int
  private let pageByteCountAsked: Int
  private let file: FileID
  private var pages: Places
  private var clone: FileID?
  private var area: VirtualArea?

  /// - Parameters:
  ///   - supply: The volume and its files.
  ///   - thread: Whose files are used.
  ///   - access: The class of fault.
  ///   - pageByteCount: 4096 or 2097152.
  /// - Throws: `CellException` with what the volume refused.
  init(
    _ supply: ModelVolume, thread: Int, _ access: Plan.FaultAccess, pageByteCount: Int
  ) throws(CellException) {
    self.supply = supply
    volume = supply.volume
    self.access = access
    pageByteCountAsked = pageByteCount
    order = pageByteCount == ModelVolume.blockByteCount ? 0 : 9
    pages = Places(count: supply.plainByteCount / pageByteCount, perArming: 2048)
    do throws(FSDAXError) {
      switch access {
      case .readMapped, .writeMapped, .sharedCow: file = try supply.plainFile(thread)
      case .readUntouched, .firstWrite:
        file = try volume.create()
        try volume.truncate(file, to: supply.plainByteCount)
      default: throw FSDAXError(.EINVAL, .fault, nil)
      }
    } catch {
      throw .failed("The model has no fault of the class '\(access.rawValue)'.")
    }
  }

  var callLimit: Int { pages.perArming }
  var byteCountPerCall: Int { pageByteCountAsked }
  /// What a fault maps: the model's page, not one of the arena.
  var pageByteCount: Int { pageByteCountAsked }
  private var isWrite: Bool { access != .readMapped && access != .readUntouched }

  func arm() throws(FSDAXError) {
    var mapped = file
    if access == .sharedCow {
      mapped = try volume.create()
      clone = mapped
      try volume.clone(from: file, to: mapped)
    }
    pages.next()
    area = try volume.makeArea(
      mapped, at: 0, pageCount: supply.plainByteCount / ModelVolume.blockByteCount)
  }

  func disarm() throws(FSDAXError) {
    area = nil
    if let clone { try volume.remove(clone) }
    clone = nil
    switch access {
    case .firstWrite:
      try volume.truncate(file, to: 0)
      try volume.truncate(file, to: supply.plainByteCount)
    case .sharedCow: break
    default: try volume.invalidate(file)
    }
  }

  func run(calls: Int) throws(FSDAXError) {
    guard let area else { return }
    let volume = volume
    let isWrite = isWrite
    let order = order
    let basePages = order == 0 ? 1 : 512
    for page in pages.current.prefix(calls) {
      let outcome = volume.fault(
        area, page: Int(page) &* basePages, isWrite: isWrite, order: order)
      if outcome.isError || outcome.flags.contains(.fallback) {
        throw FSDAXError(.EIO, .fault, file, position: Int(page) * pageByteCountAsked)
      }
    }
  }

  func check(calls: Int) throws(ModelError) {
    guard let area else { return }
    do throws(FSDAXError) {
      for page in pages.current.prefix(calls) {
        let at = Int(page) * pageByteCountAsked
        let wanted =
          access == .readUntouched || access == .firstWrite
          ? [UInt8](repeating: 0, count: 4096) : try volume.bytes(of: file, at: at, count: 4096)
        let found = try volume.bytes(of: area.file, at: at, count: 4096)
        if found != wanted { throw FSDAXError(.EIO, .fault, file, position: at) }
      }
    } catch {
      throw .failed(error)
    }
  }
}

/// Writes dirty pages back, one call each.
final class WritebackWork: ModelWork {
  let volume: Volume
  private let file: FileID
  private let byteCount: Int
  private let supply: ModelVolume
  private var pages: Places
  private var area: VirtualArea?

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
  }

  func disarm() throws(FSDAXError) {
    area = nil
    try volume.invalidate(file)
  }

  func run(calls: Int) throws(FSDAXError) {
    for page in pages.current.prefix(calls) {
      try volume.sync(file, from: Int(page) &* byteCount, byteCount: byteCount)
    }
  }

  func check(calls: Int) throws(ModelError) {
    let before = volume.ledger
    do throws(FSDAXError) { try run(calls: calls) } catch { throw .failed(error) }
    if (volume.ledger - before)[.linesFlushed] != 0 {
      throw .wrong("A second sync of the model wrote lines back that were clean.")
    }
  }
}
