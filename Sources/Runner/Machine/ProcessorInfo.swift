/// What /proc/cpuinfo says about the first processor; nil where it says nothing.
struct ProcessorInfo: Equatable {
  var vendor: String?
  var family: String?
  var model: String?
  var stepping: String?
  var microcode: String?
  var modelName: String?
  var flags: [String]?

  /// Parses the text of /proc/cpuinfo, of x86 or of Arm.
  init(cpuinfo: String) {
    var fields: [String: String] = [:]
    for line in cpuinfo.split(separator: "\n", omittingEmptySubsequences: false) {
      guard let colon = line.firstIndex(of: ":") else {
        if fields.isEmpty { continue }
        if trimmed(line).isEmpty { break }  // the end of the first processor
        continue
      }
      let value = trimmed(line[line.index(after: colon)...])
      if !value.isEmpty { fields[trimmed(line[..<colon])] = value }
    }
    vendor = fields["vendor_id"] ?? fields["CPU implementer"]
    family = fields["cpu family"] ?? fields["CPU architecture"]
    model = fields["model"] ?? fields["CPU part"]
    stepping = fields["stepping"] ?? fields["CPU revision"]
    microcode = fields["microcode"]
    modelName = fields["model name"]
    flags = (fields["flags"] ?? fields["Features"]).map {
      $0.split(separator: " ").map(String.init)
    }
  }

  /// A hash of the flags that does not depend on their order or repetition.
  var flagsHash: String? {
    flags.map { FNV1a(Set($0).sorted().joined(separator: " ")).hexadecimal }
  }
}

/// How many processors or nodes a kernel list such as `0-3,8` names; nil when it is garbled.
func listedCount(_ list: String) -> Int? {
  var count = 0
  for part in trimmed(list).split(separator: ",", omittingEmptySubsequences: false) {
    let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = bounds.first ?? nil, let last = bounds.last ?? nil, bounds.count <= 2,
      first >= 0, first <= last, last < 1 << 20
    else { return nil }
    count += last - first + 1
  }
  return count == 0 ? nil : count
}
