internal import LiveFS

/// The cores this process may use.
enum CPUList {
  static let allowed = allowedCores()
}
