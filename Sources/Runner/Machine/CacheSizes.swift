/// The data caches of the first processor, in bytes; nil where the kernel does not say.
struct CacheSizes: Equatable {
  var l1d: Int?
  var l2: Int?
  /// The cache of the highest level that holds data.
  var lastLevel: Int?
  var line: Int?

  /// Reads /sys/devices/system/cpu/cpu0/cache.
  init(files: SystemFiles) {
    let directory = "/sys/devices/system/cpu/cpu0/cache"
    var lastLevelNumber = 0
    for name in files.names(directory) where name.hasPrefix("index") {
      let path = "\(directory)/\(name)"
      guard
        let level = files.line("\(path)/level").flatMap({ Int($0) }),
        let type = files.line("\(path)/type"), type != "Instruction",
        let size = files.line("\(path)/size").flatMap({ bytes(ofSize: $0) })
      else { continue }
      if level == 1 { l1d = size }
      if level == 2 { l2 = size }
      if level > lastLevelNumber { (lastLevelNumber, lastLevel) = (level, size) }
      if line == nil { line = files.line("\(path)/coherency_line_size").flatMap { Int($0) } }
    }
  }
}

/// Bytes of a size as the kernel writes it: `32K`, `16M`, `123 kB` or a bare number.
func bytes(ofSize text: String) -> Int? {
  let digits = text.prefix { $0.isASCII && $0.isNumber }
  guard let number = Int(digits) else { return nil }
  let factor: Int
  switch trimmed(text[digits.endIndex...]) {
  case "", "B": factor = 1
  case "K", "kB": factor = 1 << 10
  case "M": factor = 1 << 20
  case "G": factor = 1 << 30
  default: return nil
  }
  let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
  return overflow ? nil : bytes
}
