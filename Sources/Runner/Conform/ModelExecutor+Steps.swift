internal import FSDAX
internal import Plan

/// The verbs on the model.
///
/// System calls that the model has no function for are made of those that it has, as the kernel
/// makes them of the same.
extension ModelExecutor {
  func carryOut(_ step: TraceStep) throws(FSDAXError) -> StepOutcome {
    switch step.verb {
    case .open, .openReadOnly, .openAppend, .folder, .fifo, .device, .foreign:
      try open(step)
      return StepOutcome(.count(0))
    case .limit:
      limit = step.numbers[0] < 0 ? nil : step.numbers[0]
      return StepOutcome(.count(0))
    case .administrator:
      isAdministrator = step.numbers[0] != 0
      return StepOutcome(.count(0))
    case .map: return StepOutcome(.count(0))
    default: break
    }
    for name in step.files where files[name] == nil { throw error(.ENOENT) }
    switch step.verb {
    case .read: return try read(step)
    case .load: return try load(step)
    default: return StepOutcome(try change(step))
    }
  }

  private func change(_ step: TraceStep) throws(FSDAXError) -> TraceResult {
    let file = try file(step.file)
    let id = file.open.file
    let (position, byteCount) = step.range
    switch step.verb {
    case .write, .direct: return .count(try write(step))
    case .store: return .count(try store(step))
    case .clone:
      let target = try self.file(step.files[1])
      try target.open.volume.clone(
        from: file.open, at: position, byteCount: byteCount, to: target.open,
        at: step.targetPosition, caller: caller)
    case .cloneWhole:
      let target = try self.file(step.files[1])
      try target.open.volume.clone(from: file.open, to: target.open, caller: caller)
    case .dedupe: return try dedupe(step)
    case .copy: return .count(try copy(step))
    case .zero, .zeroKeepingSize:
      try zero(id, position, byteCount, keepsSize: step.verb == .zeroKeepingSize)
    case .punch: try volume.punch(id, at: position, byteCount: byteCount)
    case .allocate: try volume.allocate(id, at: position, byteCount: byteCount)
    case .unshare: try unshare(id, position, byteCount)
    case .truncate: try volume.truncate(id, to: position)
    case .sync: try volume.sync(id)
    case .remove:
      files[step.file] = nil
      try file.open.volume.remove(id)
    case .drop: break
    case .nextHole, .nextData: return try seek(step)
    default: return .count(try askAttribute(step, file))
    }
    return .count(0)
  }

  private var caller: Caller {
    Caller(userID: 0, isAdministrator: isAdministrator, fileSizeLimit: limit)
  }

  func error(_ number: Errno) -> FSDAXError { FSDAXError(number, .open, nil) }

  func file(_ name: String) throws(FSDAXError) -> File {
    guard let file = files[name] else { throw error(.ENOENT) }
    return file
  }

  private func open(_ step: TraceStep) throws(FSDAXError) {
    if var known = files[step.file] {
      known.area = nil
      known.open.canWrite = step.verb != .openReadOnly
      known.open.isAppend = step.verb == .openAppend
      files[step.file] = known
      return
    }
    var attributes = FileAttributes()
    switch step.verb {
    case .folder: attributes.kind = .directory
    case .fifo: attributes.kind = .fifo
    case .device: attributes.kind = .device
    default: break
    }
    let place = step.verb == .foreign ? otherVolume : volume
    let id = try place.create(attributes)
    files[step.file] = File(
      open: OpenFile(
        id, on: place, canWrite: step.verb != .openReadOnly, isAppend: step.verb == .openAppend),
      isRegular: attributes.kind == .regular)
  }

  private func write(_ step: TraceStep) throws(FSDAXError) -> Int {
    let file = try file(step.file)
    guard file.open.canWrite else { throw error(.EBADF) }
    let (position, byteCount) = step.range
    let bytes = TracePayload.bytes(seed: step.numbers[2], position: position, byteCount: byteCount)
    // SAFETY: bytes of numbers are bytes; they are borrowed for the call.
    return try unsafe file.open.volume.write(file.open.file, at: position, bytes.span.bytes)
  }

  private func read(_ step: TraceStep) throws(FSDAXError) -> StepOutcome {
    var bytes = [UInt8](repeating: 0, count: max(step.range.byteCount, 0))
    var span = bytes.mutableSpan
    // SAFETY: as above, and all values of them are valid.
    var raw = unsafe span.mutableBytes
    let count = try volume.read(try file(step.file).open.file, at: step.range.position, into: &raw)
    return StepOutcome(.count(count), bytes: Array(bytes.prefix(count)))
  }

  /// FALLOC_FL_ZERO_RANGE: what can be a hole becomes one, which is then reserved.
  private func zero(
    _ id: FileID, _ position: Int, _ byteCount: Int, keepsSize: Bool
  ) throws(FSDAXError) {
    guard position >= 0, byteCount > 0 else { throw error(.EINVAL) }
    try volume.punch(id, at: position, byteCount: byteCount)
    let end = keepsSize ? min(position + byteCount, try volume.size(of: id)) : position + byteCount
    if end > position { try volume.allocate(id, at: position, byteCount: end - position) }
  }

  /// FALLOC_FL_UNSHARE_RANGE, which is a kind of reservation: holes become unwritten blocks.
  private func unshare(_ id: FileID, _ position: Int, _ byteCount: Int) throws(FSDAXError) {
    guard position >= 0, byteCount > 0 else { throw error(.EINVAL) }
    if position.addingReportingOverflow(byteCount).overflow { throw error(.EFBIG) }
    guard volume.options.personality == .xfs else { throw error(.EOPNOTSUPP) }
    let end = min(position + byteCount, try volume.size(of: id))
    try volume.unshare(id, at: position, byteCount: byteCount)
    if end > position { try volume.allocate(id, at: position, byteCount: end - position) }
  }

  private func dedupe(_ step: TraceStep) throws(FSDAXError) -> TraceResult {
    let (source, target) = (try file(step.files[0]), try file(step.files[1]))
    let results = try volume.dedupe(
      from: source.open, at: step.range.position, byteCount: step.range.byteCount,
      targets: [(target.open, step.targetPosition)], caller: caller)
    switch results[0].status {
    case DedupeResult.same: return .count(results[0].byteCount)
    case DedupeResult.differs: return .differs
    case let status: return .error(-status)
    }
  }

  /// copy_file_range: a clone where that can do something, else bytes.
  private func copy(_ step: TraceStep) throws(FSDAXError) -> Int {
    let (source, target) = (try file(step.files[0]), try file(step.files[1]))
    guard target.open.canWrite else { throw error(.EBADF) }
    let (from, to) = (step.range.position, step.targetPosition)
    guard from >= 0, to >= 0, step.range.byteCount >= 0 else { throw error(.EINVAL) }
    if to.addingReportingOverflow(step.range.byteCount).overflow { throw error(.EINVAL) }
    let size = try volume.size(of: source.open.file)
    let count = min(step.range.byteCount, max(size - from, 0))
    if source.open.file == target.open.file, to + count > from, to < from + count {
      throw error(.EINVAL)
    }
    if count == 0 { return 0 }
    let cloned =
      (try? volume.clone(
        from: source.open, at: from, byteCount: count, to: target.open, at: to, canShorten: true))
      ?? 0
    if cloned > 0 { return cloned }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    // SAFETY: as above, and all values of them are valid.
    var raw = unsafe span.mutableBytes
    try volume.read(source.open.file, at: from, into: &raw)
    return try unsafe volume.write(target.open.file, at: to, bytes.span.bytes)
  }

  private func seek(_ step: TraceStep) throws(FSDAXError) -> TraceResult {
    let id = try file(step.file).open.file
    let (position, size) = (step.numbers[0], try volume.size(of: id))
    guard position >= 0, position < size else { throw error(.ENXIO) }
    var found = position
    for extent in try volume.extents(of: id) where extent.isWritten {
      let end = extent.position + extent.byteCount
      if end <= found { continue }
      if step.verb == .nextData { return .count(max(found, extent.position)) }
      if extent.position > found { break }
      found = end
    }
    if step.verb == .nextData { throw error(.ENXIO) }
    return .count(min(found, size))
  }
}
