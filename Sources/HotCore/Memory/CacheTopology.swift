internal import Glibc

/// Sizes of the data caches a core sees.
public struct CacheTopology: Equatable, Sendable {
  /// Where the sizes come from.
  public enum Evidence: String, Sendable {
    /// The kernel's description in sysfs.
    case sysfs
    /// The C library.
    case sysconf
    /// Nobody told: 64-byte lines, 32 KiB, 1 MiB and 32 MiB, common on servers of the 2020s.
    case assumed
  }

  /// Bytes of a cache line.
  public let lineByteCount: Int
  /// Bytes of the first-level data cache.
  public let l1DataByteCount: Int
  /// Bytes of the second-level cache.
  public let l2ByteCount: Int
  /// Bytes of the last-level cache: the largest level there is.
  public let llcByteCount: Int
  /// Where the sizes come from; `assumed` as soon as one of them is.
  public let evidence: Evidence

  /// The caches of one core of this machine.
  ///
  /// - Parameter directory: the sysfs description, one folder `index0`, `index1`, … for each cache.
  public init(directory: String = "/sys/devices/system/cpu/cpu0/cache") {
    let sysfs = Self.levels(directory)
    let library = [
      1: Int(sysconf(CInt(_SC_LEVEL1_DCACHE_SIZE))), 2: Int(sysconf(CInt(_SC_LEVEL2_CACHE_SIZE))),
      3: Int(sysconf(CInt(_SC_LEVEL3_CACHE_SIZE))),
    ].filter { $0.value > 0 }
    self.init(
      sysfs: sysfs.byteCounts, line: sysfs.lineByteCount, library: library,
      libraryLine: Int(sysconf(CInt(_SC_LEVEL1_DCACHE_LINESIZE))))
  }

  /// Chooses each size from the best source that has it.
  ///
  /// Keys are cache levels.
  init(sysfs: [Int: Int], line: Int?, library: [Int: Int], libraryLine: Int) {
    var evidence = Evidence.sysfs
    func choose(_ first: Int?, _ second: Int?, assumed: Int) -> Int {
      if let first { return first }
      if let second, second > 0 {
        if evidence == .sysfs { evidence = .sysconf }
        return second
      }
      evidence = .assumed
      return assumed
    }
    lineByteCount = choose(line, libraryLine, assumed: 64)
    l1DataByteCount = choose(sysfs[1], library[1], assumed: 32 << 10)
    l2ByteCount = choose(sysfs[2], library[2], assumed: 1 << 20)
    let last = sysfs.keys.max().flatMap { $0 >= 2 ? sysfs[$0] : nil }
    let libraryLast = library.keys.max().flatMap { $0 >= 2 ? library[$0] : nil }
    llcByteCount = choose(last, libraryLast, assumed: 32 << 20)
    self.evidence = evidence
  }

  /// Reads data and unified caches by level.
  static func levels(_ directory: String) -> (byteCounts: [Int: Int], lineByteCount: Int?) {
    var byteCounts: [Int: Int] = [:]
    var line: Int?
    for index in 0..<16 {
      let folder = "\(directory)/index\(index)"
      guard let level = TextFile.number("\(folder)/level"),
        let type = try? TextFile.read("\(folder)/type"), !type.hasPrefix("Instruction"),
        let size = (try? TextFile.read("\(folder)/size")).flatMap(byteCount)
      else { continue }
      byteCounts[level] = size
      if level == 1 { line = TextFile.number("\(folder)/coherency_line_size") }
    }
    return (byteCounts, line)
  }

  /// Reads a size as sysfs writes it, such as `48K`.
  private static func byteCount(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber }
    guard let number = Int(digits), number > 0 else { return nil }
    switch text.dropFirst(digits.count).first {
    case "K": return number << 10
    case "M": return number << 20
    default: return number
    }
  }
}
