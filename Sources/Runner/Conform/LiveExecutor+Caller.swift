internal import CHost
internal import Glibc
internal import LiveFS
internal import Plan

/// Calls with the limit and the rights that a trace names.
extension LiveExecutor {
  func setCaller(_ step: TraceStep) {
    if step.verb == .limit {
      limit = step.numbers[0] < 0 ? nil : step.numbers[0]
    } else {
      isAdministrator = step.numbers[0] != 0
    }
  }

  /// The limit is the whole process's, and capabilities are the thread's, so neither stands for
  /// longer than the call.
  func asCaller<Result>(
    _ body: () throws(LiveError) -> Result
  ) throws(LiveError) -> Result {
    if isAdministrator { return try withLimit(body) }
    return try Self.withoutCapabilities { () throws(LiveError) in try withLimit(body) }
  }

  private func withLimit<Result>(
    _ body: () throws(LiveError) -> Result
  ) throws(LiveError) -> Result {
    guard let limit else { return try body() }
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    var old = rlimit()
    // SAFETY: the out-parameter, and the copy, live through the calls.
    _ = unsafe getrlimit(resource, &old)
    var new = old
    new.rlim_cur = rlim_t(limit)
    signal(SIGXFSZ, SIG_IGN)
    _ = unsafe setrlimit(resource, &new)
    defer {
      _ = unsafe setrlimit(resource, &old)
      signal(SIGXFSZ, SIG_DFL)
    }
    return try body()
  }

  /// Runs the body as an ordinary user would, on this thread alone.
  ///
  /// - Parameter body: What runs.
  /// - Returns: What the body returns.
  /// - Throws: `LiveError` of the body, or where the kernel keeps capabilities from being changed.
  static func withoutCapabilities<Result>(
    _ body: () throws(LiveError) -> Result
  ) throws(LiveError) -> Result {
    let own = chost_conform_capabilities()
    guard own >= 0, chost_conform_use_capabilities(0) == 0 else {
      throw LiveError(call: "capset", errno: EPERM, path: "")
    }
    defer { _ = chost_conform_use_capabilities(own) }
    return try body()
  }
}
