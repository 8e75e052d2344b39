internal import FSDAX
internal import Plan

/// What the model keeps of a file besides its bytes.
extension ModelExecutor {
  func askAttribute(_ step: TraceStep, _ file: File) throws(FSDAXError) -> Int {
    let id = file.open.file
    let attributes = try volume.attributes(of: id)
    switch step.verb {
    case .pieces:
      guard let count = pieceCount(of: step.file) else { throw error(.EIO) }
      return count
    case .touched, .changed:
      let changes = step.verb == .touched ? attributes.modified : attributes.changed
      defer { files[step.file]?.seenChanges[step.verb] = changes }
      return changes == file.seenChanges[step.verb] ? 0 : 1
    case .hint, .extentHint:
      guard let hint = UInt32(exactly: step.numbers[0]) else { throw error(.EINVAL) }
      try volume.setAttributes(of: id) {
        if step.verb == .hint { $0.cowExtentHint = hint } else { $0.extentHint = hint }
      }
    case .hinted: return Int(attributes.cowExtentHint)
    case .setCapability: try volume.setAttributes(of: id) { $0.hasCapability = true }
    case .hasCapability: return attributes.hasCapability ? 1 : 0
    case .setIDs: try volume.setAttributes(of: id) { $0.hasSetIDs = true }
    case .ids: return attributes.hasSetIDs ? 2 : 0
    default: break
    }
    return 0
  }
}
