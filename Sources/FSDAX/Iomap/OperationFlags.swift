/// Why a range is iterated; bit positions as in iomap.
struct OperationFlags: OptionSet, Hashable, Sendable {
  let rawValue: UInt32

  static let write = OperationFlags(rawValue: 1 << 0)
  static let zero = OperationFlags(rawValue: 1 << 1)
  static let report = OperationFlags(rawValue: 1 << 2)
  static let fault = OperationFlags(rawValue: 1 << 3)
  static let direct = OperationFlags(rawValue: 1 << 4)
  static let noWait = OperationFlags(rawValue: 1 << 5)
  static let unshare = OperationFlags(rawValue: 1 << 7)
  static let dax = OperationFlags(rawValue: 1 << 8)
}
