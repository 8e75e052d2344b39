public import Plan

/// What an ordinary user may not do, or a mount forbids.
extension ConformTarget {
  /// The first thing a trace needs that this process may not do here, or nil.
  ///
  /// It is tried, in a folder of its own: rights and mounts have too many ways to say no.
  ///
  /// - Parameter trace: The trace.
  /// - Returns: A sentence without its subject and full stop, such as `needs to …`.
  /// - Throws: `ConformError` where nothing can be tried.
  public func missingPrivilege(for trace: Trace) throws(ConformError) -> String? {
    for privilege in Privilege.allCases where trace.steps.contains(where: privilege.isUsed) {
      let live = try sides().live
      for step in privilege.trial {
        let result = live.run(step).result
        let isRefused = [.error(1), .error(13)].contains(result)
        if isRefused || step.expected.map({ $0 != result }) == true {
          return "needs \(privilege.need), and '\(step)' comes to \(result)"
        }
      }
    }
    return nil
  }
}

/// What takes more than a folder of one's own.
private enum Privilege: CaseIterable {
  case device, capability, setIDs, administrator

  func isUsed(by step: TraceStep) -> Bool {
    switch self {
    case .device: step.verb == .device
    case .capability: step.verb == .setCapability
    case .setIDs: step.verb == .setIDs
    case .administrator: step.verb == .administrator && step.numbers[0] != 0
    }
  }

  /// Steps that are refused, or come to something else, without the privilege.
  var trial: [TraceStep] {
    let open = TraceStep(.open, ["a"])
    switch self {
    case .device: return [TraceStep(.device, ["a"])]
    case .capability: return [open, TraceStep(.setCapability, ["a"])]
    case .setIDs: return [open, TraceStep(.setIDs, ["a"])]
    case .administrator:
      // Whose write drops the bits is none.
      return [
        open, TraceStep(.setIDs, ["a"]), TraceStep(.write, ["a"], [0, 1, 1]),
        TraceStep(.ids, ["a"], expected: .count(2)),
      ]
    }
  }

  /// What it is, to follow "needs".
  var need: String {
    switch self {
    case .device: "CAP_MKNOD and a mount with devices"
    case .capability: "CAP_SETFCAP"
    case .setIDs: "to set the set-user-ID and set-group-ID bits"
    case .administrator: "CAP_FSETID"
    }
  }
}
