internal import FSDAX
internal import HotCore
internal import Plan

/// Faults of one class on the pages of a mapping: by direct calls, or by touching a real one.
final class FaultWork: ModelWork {
  let volume: Volume
  private let supply: ModelVolume
  private let access: Plan.FaultAccess
  private let order: Int
  private let pageByteCountAsked: Int
  private let file: FileID
  private var pages: Places
  private let mechanism: TrapMechanism?
  private var clone: FileID?
  private var area: VirtualArea?
  private var mapping: DAXMapping?

  /// - Parameters:
  ///   - supply: The volume and its files.
  ///   - thread: Whose files are used.
  ///   - access: The class of fault.
  ///   - pageByteCount: 4096 or 2097152.
  ///   - mechanism: How a real mapping traps; nil for direct calls.
  /// - Throws: `CellException` with what the volume refused.
  init(
    _ supply: ModelVolume, thread: Int, _ access: Plan.FaultAccess, pageByteCount: Int,
    mechanism: TrapMechanism?
  ) throws(CellException) {
    self.supply = supply
    volume = supply.volume
    self.access = access
    pageByteCountAsked = pageByteCount
    self.mechanism = mechanism
    order = pageByteCount == ModelVolume.blockByteCount ? 0 : 9
    pages = Places(
      count: supply.plainByteCount / pageByteCount, perArming: mechanism == nil ? 2048 : 256,
      groupCount: access == .sharedCow
        ? volume.windowUnits(ofBlocks: pageByteCount / ModelVolume.blockByteCount) : 1)
    do throws(FSDAXError) {
      switch access {
      case .readMapped, .writeMapped, .sharedCow: file = try supply.plainFile(thread)
      case .readUntouched, .firstWrite:
        file = try volume.create()
        try volume.truncate(file, to: supply.plainByteCount)
      default: throw FSDAXError(.EINVAL, .fault, nil)
      }
    } catch {
      throw .failed("The fault class '\(access.rawValue)' of the model: \(error.description)")
    }
  }

  var callLimit: Int { pages.perArming }
  var byteCountPerCall: Int { pageByteCountAsked }
  /// What a fault maps: the model's page, not one of the arena.
  var pageByteCount: Int { pageByteCountAsked }
  let takesFaults = true
  private var isWrite: Bool { access != .readMapped && access != .readUntouched }

  func arm() throws(FSDAXError) {
    var mapped = file
    if access == .sharedCow {
      mapped = try volume.create()
      clone = mapped
      try volume.clone(from: file, to: mapped)
    }
    pages.next()
    let pageCount = supply.plainByteCount / ModelVolume.blockByteCount
    if let mechanism {
      let made = try DAXMapping(
        volume, mapped, at: 0, pageCount: pageCount, mechanism: mechanism, allowsHuge: order == 9)
      (mapping, area) = (made, made.area)
    } else {
      area = try volume.makeArea(mapped, at: 0, pageCount: pageCount)
    }
  }

  func rewind() { pages.rewind() }

  func disarm() throws(FSDAXError) {
    area = nil
    mapping = nil
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
    if let mapping { return try touch(mapping, calls) }
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

  /// One byte of each page, by accesses that the compiler cannot leave out.
  private func touch(_ mapping: DAXMapping, _ calls: Int) throws(FSDAXError) {
    var failed = 0
    for page in pages.current.prefix(calls) {
      let at = Int(page) &* pageByteCountAsked
      let isDone = isWrite ? mapping.store(0, at: at) : mapping.load(at: at) != nil
      if !isDone { failed += 1 }
    }
    if failed > 0 { throw FSDAXError(.EIO, .fault, file) }
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
        // A real store left a zero.
        let first = mechanism != nil && isWrite ? 1 : 0
        if found[first...] != wanted[first...] {
          throw FSDAXError(.EIO, .fault, file, position: at)
        }
      }
    } catch {
      throw .failed(error)
    }
  }
}
