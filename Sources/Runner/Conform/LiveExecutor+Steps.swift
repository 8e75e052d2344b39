internal import CHost
internal import Glibc
internal import LiveFS
internal import Plan

/// The verbs as system calls.
extension LiveExecutor {
  func carryOut(_ step: TraceStep) throws(LiveError) -> StepOutcome {
    switch step.verb {
    case .open, .openReadOnly, .openAppend, .folder, .fifo, .device, .foreign:
      try open(step)
      return StepOutcome(.count(0))
    case .limit, .administrator:
      setCaller(step)
      return StepOutcome(.count(0))
    case .map: return StepOutcome(.count(0))
    default: break
    }
    for name in step.files where files[name] == nil { throw error(ENOENT, name) }
    switch step.verb {
    case .read: return try read(step)
    case .load: return try load(step)
    case .store: return StepOutcome(.count(try store(step)))
    default: return StepOutcome(try change(step))
    }
  }

  func error(_ number: Int32, _ path: String) -> LiveError {
    LiveError(call: "step", errno: number, path: path)
  }

  func file(_ name: String) throws(LiveError) -> LiveTraceFile {
    guard let file = files[name] else { throw error(ENOENT, name) }
    return file
  }

  private func change(_ step: TraceStep) throws(LiveError) -> TraceResult {
    let file = try file(step.file)
    let (position, byteCount) = step.range
    switch step.verb {
    case .write, .direct: return .count(try write(step))
    case .clone, .cloneWhole: try asCaller { () throws(LiveError) in try clone(step) }
    case .dedupe:
      let target = try self.file(step.files[1])
      let result = try asCaller { () throws(LiveError) in
        try file.file.dedupe(
          at: position, byteCount: byteCount, into: target.file, at: step.targetPosition)
      }
      switch result {
      case .same(let count): return .count(count)
      case .differs: return .differs
      case .failed(let number): return .error(number)
      }
    case .copy:
      let target = try self.file(step.files[1])
      return .count(
        try target.file.copyRange(
          from: file.file, at: position, byteCount: byteCount, to: step.targetPosition))
    case .zero: try allocate(.zero, step)
    case .zeroKeepingSize: try allocate(.zero, step, keepsSize: true)
    case .punch: try allocate(.punch, step)
    case .allocate: try allocate(.allocate, step)
    case .unshare: try allocate(.unshare, step, keepsSize: true)
    case .truncate: try file.file.truncate(to: position)
    case .sync: try file.file.sync()
    case .drop: try file.drop()
    case .remove:
      files[step.file] = nil
      // SAFETY: Swift lends the string as a C string for the call.
      if unsafe unlink(file.path) != 0 { throw error(errno, file.path) }
    default: return .count(try ask(step, file))
    }
    return .count(0)
  }

  /// What is asked besides bytes.
  private func ask(_ step: TraceStep, _ file: LiveTraceFile) throws(LiveError) -> Int {
    // SAFETY: Swift lends the path as a C string for each call.
    let result: Int64
    switch step.verb {
    case .nextHole, .nextData:
      // XFS takes a hole under staging for data where a read has left zeros in the page cache.
      try file.drop()
      result = unsafe chost_conform_seek(
        file.path, Int64(step.numbers[0]), step.verb == .nextData ? 1 : 0)
    default: return try askAttribute(step, file)
    }
    if result < 0 { throw error(Int32(-result), file.path) }
    return Int(result)
  }

  private func open(_ step: TraceStep) throws(LiveError) {
    var mode: LiveFile.Mode = [.read, .write, .create]
    if step.verb == .openReadOnly { mode = [.read, .create] }
    if step.verb == .openAppend { mode.insert(.append) }
    let path = "\(folder)/\(step.file)"
    switch step.verb {
    case .folder:
      // SAFETY: Swift lends the string as a C string for the call.
      if unsafe mkdir(path, 0o700) != 0 { throw error(errno, path) }
      files[step.file] = try LiveTraceFile(path, .folder, isInFolder: true, [.read, .folder])
    case .fifo:
      // SAFETY: as above.
      if unsafe mkfifo(path, 0o600) != 0 { throw error(errno, path) }
      files[step.file] = try LiveTraceFile(path, .fifo, isInFolder: true, [.read, .write])
    case .device:
      // The null device, on this filesystem.
      // SAFETY: as above.
      if unsafe mknod(path, S_IFCHR | 0o600, 1 << 8 | 3) != 0 { throw error(errno, path) }
      files[step.file] = try LiveTraceFile(path, .device, isInFolder: true, [.read, .write])
    case .foreign:
      files[step.file] = try LiveTraceFile(
        "/dev/shm", .regular, isInFolder: false, [.read, .write, .unnamed])
    default:
      files[step.file] = nil
      files[step.file] = try LiveTraceFile(path, .regular, isInFolder: true, mode)
    }
  }

  private func allocate(
    _ how: Allocation, _ step: TraceStep, keepsSize: Bool = false
  ) throws(LiveError) {
    try file(step.file).file.allocate(
      how, at: step.range.position, byteCount: step.range.byteCount, keepsSize: keepsSize)
  }

  private func clone(_ step: TraceStep) throws(LiveError) {
    let (source, target) = (try file(step.files[0]), try file(step.files[1]))
    if step.verb == .cloneWhole {
      try target.file.clone(from: source.file)
    } else {
      try target.file.clone(
        from: source.file, at: step.range.position, byteCount: step.range.byteCount,
        to: step.targetPosition)
    }
  }
}
