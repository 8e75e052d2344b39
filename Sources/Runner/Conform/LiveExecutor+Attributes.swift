internal import CHost
internal import Glibc
internal import LiveFS
internal import Plan

/// What the kernel keeps of a file besides its bytes.
extension LiveExecutor {
  func askAttribute(_ step: TraceStep, _ file: LiveTraceFile) throws(LiveError) -> Int {
    // SAFETY: Swift lends the path as a C string for each call.
    let result: Int64
    switch step.verb {
    case .pieces:
      guard let count = pieceCount(of: step.file) else { throw error(EIO, file.path) }
      return count
    case .touched, .changed:
      result = unsafe chost_conform_time(file.path, step.verb == .changed ? 1 : 0)
      defer { file.seenTimes[step.verb] = result }
      Self.waitForTick(after: result)
      if result >= 0 { return result == file.seenTimes[step.verb] ? 0 : 1 }
    case .hint, .extentHint:
      let hint = step.numbers[0]
      guard hint >= 0, hint < 1 << 19 else { throw error(EINVAL, file.path) }
      result = unsafe chost_conform_set_hint(
        file.path, UInt32(hint) << 12, step.verb == .hint ? 1 : 0)
    case .hinted:
      let byteCount = unsafe chost_conform_hint(file.path)
      result = byteCount < 0 ? byteCount : byteCount >> 12
    case .setCapability: result = unsafe chost_conform_set_capability(file.path)
    case .hasCapability: result = unsafe chost_conform_has_capability(file.path)
    case .setIDs: result = unsafe chost_conform_set_ids(file.path)
    case .ids: result = unsafe chost_conform_ids(file.path)
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
}
