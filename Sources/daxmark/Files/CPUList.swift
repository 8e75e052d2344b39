internal import LiveFS

/// The cores this process may use.
enum CPUList {
  static let allowed = allowedCores()

  /// The core that was asked for, or the last one allowed.
  ///
  /// - Throws: `Failure` for a core that is not allowed.
  static func chosen(_ core: Int?) throws(Failure) -> Int {
    guard let core else { return allowed.last ?? 0 }
    if allowed.contains(core) { return core }
    throw Failure(
      .usage,
      "Core \(core) is not one this process may use; they are "
        + allowed.map(String.init).joined(separator: ", ") + ".")
  }
}
