internal import HotCore

/// The hot core's routines a device moves its bytes with, chosen once by its copy mode.
@safe struct DeviceRoutines: @unchecked Sendable {
  // Sendable: addresses of functions, immutable.

  /// User bytes to the device.
  let fromUser: CopyFunction
  /// Device bytes to the user, and to a frame that is written back later.
  let plain: CopyFunction
  /// Device bytes to the device, written back and fenced when it returns.
  let durable: CopyFunction
  /// A block around a write, every line once, written back and fenced.
  let edges: EdgeCopyFunction
  /// Whole pages of zeros, written back and fenced.
  let zeroPages: ZeroFunction
  /// Zeros that stay in the cache.
  let zero: ZeroFunction
  /// Lines written back, without a fence.
  let flush: FlushFunction
  /// Two ranges compared.
  let compare: CompareFunction

  /// The routines for a mode, or nil where this machine has no such routine.
  ///
  /// - Parameters:
  ///   - mode: Decides whether user bytes are written back while they are copied.
  ///   - name: A durable copy routine, such as `auto` or `movnti`.
  init?(_ mode: CopyMode, named name: String) {
    // A name such as `libc+clwb` is `libc` where nothing needs to be durable.
    let base = String(name.prefix { $0 != "+" })
    guard let durableCopy = pick(CopyRoutine.all(durable: true), name),
      let edge = pick(EdgeCopyRoutine.all(durable: true), name)
        ?? pick(EdgeCopyRoutine.all(durable: true), "auto"),
      let plainCopy = pick(CopyRoutine.all(durable: false), base, "auto"),
      let pages = pick(ZeroRoutine.all(durable: true), name, "auto"),
      let zeroes = pick(ZeroRoutine.all(durable: false), base, "auto"),
      let writeBack = pick(FlushRoutine.all(), "auto", "none"),
      let compared = pick(CompareRoutine.all(), "auto")
    else { return nil }
    // SAFETY: every routine was picked among those this machine can run; ranges are the callers'.
    unsafe durable = durableCopy.function
    unsafe plain = plainCopy.function
    unsafe fromUser = mode.contains(.nocache) ? durableCopy.function : plainCopy.function
    unsafe edges = edge.function
    unsafe zeroPages = pages.function
    unsafe zero = zeroes.function
    unsafe flush = writeBack.function
    unsafe compare = compared.function
  }
}

/// The first of the names that is there and runs here.
private func pick<Kind>(_ routines: [Routine<Kind>], _ names: String...) -> Routine<Kind>? {
  for name in names {
    if let found = routines.first(where: { $0.name == name && $0.isAvailable }) { return found }
  }
  return nil
}
