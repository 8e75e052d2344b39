/// What `up` has made of one filesystem, or was about to make when it was killed.
///
/// A line is appended and synced before each step, so that whatever exists is in the file. It
/// lies beside what it describes: `<name>.state`, `<name>.img` and the folder `<name>`.
struct MountState: Equatable {
  /// The image file: about to be made and still empty, or made, with its device, its inode and,
  /// where that is told, the time.
  enum Image: Equatable {
    case none
    case pending
    case made(FileIdentity)
  }

  var image = Image.none
  /// Whether the folder to mount on was, or was about to be, made.
  var hasMountpoint = false
  /// Whether the mount was about to be made.
  var hasMount = false
  /// Whether all went well.
  var isReady = false

  static let heading = "daxmark live-fs 1"

  /// Reads a state file's text; nil when it is not one of ours.
  ///
  /// An empty text, or a last line without its end, is one whose writer was killed.
  init?(_ text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // What follows the last newline is a torn line, or nothing.
    let torn = lines.removeLast()
    guard let first = lines.first else {
      if !Self.heading.hasPrefix(torn) { return nil }
      return
    }
    guard first == Self.heading else { return nil }
    for line in lines.dropFirst() {
      let words = line.split(separator: " ")
      switch words.first {
      case "image":
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        if 2...3 ~= numbers.count, numbers.count == words.count - 1 {
          let birth = numbers.count == 3 ? Int64(exactly: numbers[2]) : nil
          image = .made(FileIdentity(device: numbers[0], inode: numbers[1], birth: birth))
        } else {
          image = .pending
        }
      case "mountpoint": hasMountpoint = true
      case "mount": hasMount = true
      case "ready": isReady = true
      default: return nil
      }
    }
  }
}
