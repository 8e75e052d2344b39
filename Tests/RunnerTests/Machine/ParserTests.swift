import Testing

@testable import Runner

@Suite("System text parsers")
struct SystemTextTests {
  @Test("a kernel list counts what it names")
  func lists() {
    let expected: [(String, Int?)] = [
      ("0", 1), ("0-1", 2), ("0-3,8", 5), (" 0,2,4-5\n", 4), ("", nil), ("-", nil), ("3-1", nil),
      ("0-1-2", nil), ("a", nil), ("0,,1", nil), ("-1", nil), ("0-999999999999", nil), ("1,", nil),
    ]
    for (text, count) in expected { #expect(listedCount(text) == count, "\(text)") }
  }

  @Test("a kernel size is bytes")
  func sizes() {
    let expected: [(String, Int?)] = [
      ("32K", 32768), ("16M", 16 << 20), ("1G", 1 << 30), ("12 kB", 12288), ("7", 7), ("", nil),
      ("K", nil), ("-1K", nil), ("1T", nil), ("9223372036854775807K", nil), ("٣K", nil),
    ]
    for (text, bytes) in expected { #expect(Runner.bytes(ofSize: text) == bytes, "\(text)") }
  }

  @Test("the choice is what stands in brackets")
  func choices() {
    #expect(chosen("always [madvise] never") == "madvise")
    for text in ["", "always", "[", "]", "][", "[]", "[ ]"] { #expect(chosen(text) == nil) }
  }

  @Test("only the first processor is read")
  func cpuinfo() {
    let processor = ProcessorInfo(cpuinfo: "\n\n" + Fixture.cpuinfo)
    #expect(processor.vendor == "AuthenticAMD")
    #expect(processor.model == "1")
    #expect(processor.modelName == "AMD EPYC")
  }

  @Test("an Arm processor has its own words")
  func arm() {
    let processor = ProcessorInfo(
      cpuinfo: """
        processor\t: 0
        Features\t: fp asimd dcpop
        CPU implementer\t: 0x41
        CPU architecture: 8
        CPU part\t: 0xd0c
        CPU revision\t: 1
        """)
    #expect(processor.vendor == "0x41" && processor.family == "8")
    #expect(processor.model == "0xd0c" && processor.stepping == "1")
    #expect(processor.flags == ["fp", "asimd", "dcpop"] && processor.microcode == nil)
  }

  @Test("the flags hash knows no order")
  func flags() {
    let hashes = ["a b c", "c a b", "a a b c", "a b", "ab c"].map {
      ProcessorInfo(cpuinfo: "flags : \($0)").flagsHash
    }
    #expect(hashes[0] == hashes[1] && hashes[0] == hashes[2])
    #expect(Set(hashes).count == 3)
  }

  @Test("a hypervisor has its usual name")
  func hypervisors() {
    var sources = Fixture.sources()
    let names: [(String?, String?)] = [
      ("", "none"), ("KVMKVMKVM", "kvm"), ("bhyve bhyve ", "bhyve"), ("Odd One/2", "odd_one_2"),
      (nil, nil),
    ]
    for (signature, name) in names {
      sources.hypervisorSignature = signature
      #expect(sources.hypervisor == name)
    }
  }

  @Test("steal and load come from their own columns")
  func contention() {
    #expect(ContentionReading.stealTicks(stat: "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n") == 8)
    for stat in ["", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7 8", "cpu  1 2 3 4 5 6 7 x", "\n"] {
      #expect(ContentionReading.stealTicks(stat: stat) == nil)
    }
    #expect(ContentionReading.loadAverage(text: "0.52 1 2") == 0.52)
    for text in ["", "x", "nan", "-1", "inf"] {
      #expect(ContentionReading.loadAverage(text: text) == nil)
    }
    var before = ContentionReading()
    var after = before
    (before.stealTicks, after.stealTicks) = (10, 13)
    #expect(after.stealTicks(since: before) == 3 && before.stealTicks(since: after) == 0)
    after.stealTicks = nil
    #expect(after.stealTicks(since: before) == nil)
  }

  @Test("the newest accepted version is found, or none")
  func versions() {
    #expect(BuildFacts.newestAccepted { $0 == 1 && $1 <= 1 } == "1.1")
    #expect(BuildFacts.newestAccepted { $0 == 2 && $1 == 0 } == "2.0")
    #expect(BuildFacts.newestAccepted { _, _ in false } == nil)
  }
}

@Suite("ELF comment")
struct ELFCommentTests {
  /// A file of three sections: none, names, comment.
  private static let file: [UInt8] = {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let names = Array("\0.shstrtab\0.comment\0".utf8)
    let comment = Array("GCC: 12\0clang version 21\0".utf8)
    let table = 64 + names.count + comment.count
    func section(_ name: Int, _ offset: Int, _ count: Int) -> [UInt8] {
      little(name, 4) + little(1, 4) + little(0, 16) + little(offset, 8) + little(count, 8)
        + little(0, 24)
    }
    let header =
      [0x7F, 0x45, 0x4C, 0x46, 2, 1] + little(0, 34) + little(table, 8) + little(0, 10)
      + little(64, 2) + little(3, 2) + little(1, 2)
    return header + names + comment + section(0, 0, 0) + section(1, 64, names.count)
      + section(11, 64 + names.count, comment.count)
  }()

  private func lines(_ file: [UInt8]) -> [String]? {
    ELFComment.lines { offset, count in
      guard offset >= 0, count >= 0, offset <= file.count, count <= file.count - offset else {
        return nil
      }
      return Array(file[offset..<offset + count])
    }
  }

  @Test("each compiler is a line")
  func good() {
    #expect(lines(Self.file) == ["GCC: 12", "clang version 21"])
  }

  @Test("a cut file has no comment")
  func cut() {
    for count in 0..<Self.file.count { #expect(lines(Array(Self.file.prefix(count))) == nil) }
  }

  @Test("a file with one changed byte is read or refused, never a crash")
  func changed() {
    for index in Self.file.indices {
      for byte: UInt8 in [0x00, 0x7F, 0xFF] {
        var file = Self.file
        file[index] = byte
        _ = lines(file)
      }
    }
    #expect(lines(Array(repeating: 0xFF, count: 4096)) == nil)
  }
}
