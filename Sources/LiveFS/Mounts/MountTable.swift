internal import HotCore

/// A line of `/proc/self/mountinfo`.
public struct MountEntry: Equatable, Sendable {
  /// Its number, which statx tells of a file.
  public let identifier: Int
  /// The folder it is mounted on.
  public let path: String
  /// The type of filesystem.
  public let type: String
  /// What is mounted, such as a device.
  public let source: String
  /// Options of the mount and then of the filesystem, separated by commas.
  public let options: String

  /// Parses a line; nil when it is none.
  ///
  /// - Parameter line: `id parent major:minor root path options tags… - type source options`.
  public init?(_ line: String) {
    let fields = line.split(separator: " ").map(String.init)
    guard fields.count > 6, let number = Int(fields[0]), let dash = fields.firstIndex(of: "-"),
      dash >= 6, fields.count > dash + 2
    else { return nil }
    identifier = number
    path = Self.unescaped(fields[4])
    type = fields[dash + 1]
    source = Self.unescaped(fields[dash + 2])
    options = fields.count > dash + 3 ? "\(fields[5]),\(fields[dash + 3])" : fields[5]
  }

  /// The kernel writes space, tab, newline and backslash as three octal digits.
  static func unescaped(_ text: String) -> String {
    if !text.contains("\\") { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ 48...55 ~= $0 }) {
        bytes.append(digits.reduce(0) { ($0 &<< 3) | ($1 - 48) })
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What is mounted, and which files back loop devices.
enum MountTable {
  /// All mounts of this process's namespace, in the order they were made.
  static func entries() -> [MountEntry] {
    let text = (try? TextFile.read("/proc/self/mountinfo")) ?? ""
    return text.split(separator: "\n").compactMap { MountEntry(String($0)) }
  }

  /// The mount that one sees at a path: the last one made there.
  static func top(at path: String) -> MountEntry? { entries().last { $0.path == path } }

  /// The file behind a loop device, or nil when it has none or is no loop device.
  static func backingFile(of device: String) -> String? {
    let name = device.hasPrefix("/dev/") ? String(device.dropFirst(5)) : device
    guard name.hasPrefix("loop"), name.dropFirst(4).allSatisfy(\.isNumber) else { return nil }
    guard let text = try? TextFile.read("/sys/block/\(name)/loop/backing_file") else { return nil }
    let file = text.hasSuffix("\n") ? String(text.dropLast()) : text
    // What the kernel adds when the file was unlinked.
    return file.hasSuffix(" (deleted)") ? String(file.dropLast(10)) : file
  }

  /// Numbers of the loop devices with this very file behind them.
  ///
  /// Devices whose file has another name are not even opened.
  static func loops(of file: FileIdentity, named name: String) -> [Int32] {
    folderEntries("/sys/block").compactMap { device in
      guard device.hasPrefix("loop"), let number = Int32(device.dropFirst(4)),
        backingFile(of: device)?.split(separator: "/").last.map(String.init) == name,
        file.backs(loop: number)
      else { return nil }
      return number
    }
  }
}
