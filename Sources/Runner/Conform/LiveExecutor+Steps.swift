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
    case .limit:
      limit = step.numbers[0] < 0 ? nil : step.numbers[0]
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
    case .clone, .cloneWhole: try clone(step)
    case .dedupe:
      let target = try self.file(step.files[1])
      let result = try file.file.dedupe(
        at: position, byteCount: byteCount, into: target.file, at: step.targetPosition)
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
    case .touched:
      result = unsafe chost_conform_modified(file.path)
      defer { file.seenTime = result }
      Self.waitForTick(after: result)
      if result >= 0 { return result == file.seenTime ? 0 : 1 }
    case .hint:
      let hint = step.numbers[0]
      guard hint >= 0, hint < 1 << 19 else { throw error(EINVAL, file.path) }
      result = unsafe chost_conform_hint(file.path, UInt32(hint) << 12)
    case .setPrivileged: result = unsafe chost_conform_set_capability(file.path)
    case .isPrivileged: result = unsafe chost_conform_has_capability(file.path)
    case .nextHole, .nextData:
      // XFS takes a hole under staging for data where a read has left zeros in the page cache.
      try file.drop()
      result = unsafe chost_conform_seek(
        file.path, Int64(step.numbers[0]), step.verb == .nextData ? 1 : 0)
    default: result = 0
    }
    if result < 0 { throw error(Int32(-result), file.path) }
    return Int(result)
  }

  /// Waits until a change would get another time: before Linux 6.13 the times of files move with
  /// the tick, a hundredth of a second at most.
  private static func waitForTick(after time: Int64) {
    for _ in 0..<100 {
      var now = timespec()
      // SAFETY: the out-parameter lives through the call.
      unsafe clock_gettime(CLOCK_REALTIME_COARSE, &now)
      if Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) > time { return }
      usleep(1000)
    }
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

  /// The limit is the whole process's, so it stands for no longer than the call.
  private func clone(_ step: TraceStep) throws(LiveError) {
    let (source, target) = (try file(step.files[0]), try file(step.files[1]))
    var old = rlimit()
    if let limit {
      // SAFETY: the out-parameter, and the copy, live through the calls.
      _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      var new = old
      new.rlim_cur = rlim_t(limit)
      signal(SIGXFSZ, SIG_IGN)
      _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &new)
    }
    defer {
      if limit != nil {
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
        signal(SIGXFSZ, SIG_DFL)
      }
    }
    if step.verb == .cloneWhole {
      try target.file.clone(from: source.file)
    } else {
      try target.file.clone(
        from: source.file, at: step.range.position, byteCount: step.range.byteCount,
        to: step.targetPosition)
    }
  }
}
