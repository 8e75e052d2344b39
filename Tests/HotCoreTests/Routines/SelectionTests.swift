import CPersist
import Glibc
import Testing

@testable import HotCore

@Suite("Routine tables, features and overrides")
struct SelectionTests {
  static func parse(_ variables: [String: String]) throws(OverrideError) -> RoutineOverrides {
    try RoutineOverrides { variables[$0] }
  }

  @Test("both contracts list every name once, and auto last")
  func names() {
    let tables = [
      CopyRoutine.names(durable: false), CopyRoutine.names(durable: true),
      ZeroRoutine.names(durable: false), ZeroRoutine.names(durable: true),
      EdgeCopyRoutine.names(durable: false), EdgeCopyRoutine.names(durable: true),
      CompareRoutine.names(),
    ]
    for table in tables {
      #expect(Set(table).count == table.count)
      #expect(table.last == "auto")
    }
    #expect(CopyRoutine.all(durable: true).allSatisfy { $0.completion == .fenced })
    #expect(EdgeCopyRoutine.all(durable: true).allSatisfy { $0.completion == .fenced })
    #if arch(x86_64)
    #expect(
      CopyRoutine.names(durable: false) == [
        "libc", "libpmem", "rep-movsb", "fragile-8", "movnti", "sse2-nt", "avx2", "avx2-nt",
        "avx512", "avx512-nt", "guarded", "auto",
      ])
    for name in ["libpmem-whole", "libpmem-nodrain", "libpmem-persist", "kernel", "avx2+clwb"] {
      #expect(EdgeCopyRoutine.names(durable: true).contains(name))
    }
    #expect(!CopyRoutine.names(durable: true).contains("avx2"))
    #endif
  }

  @Test("a level taken away takes its routines and those above, with the reason")
  func levels() throws {
    let all = Set(CPUFeatures.Feature.allCases)
    let small = Selection(features: CPUFeatures(detected: all, disabled: [.avx2]), flush: nil)
    for routine in CopyRoutine.all(durable: true, small) {
      let gone = routine.name.hasPrefix("avx")
      #expect((routine.unavailable != nil) == gone, "\(routine.name)")
      if gone { #expect(routine.unavailable?.contains("DAXMARK_DISABLE") == true) }
    }
    let old = Selection(features: CPUFeatures(detected: [.sse2, .movnti]), flush: nil)
    let auto = try #require(CopyRoutine.all(durable: true, old).last)
    #expect(auto.unavailable?.contains("this CPU has no") == true)
    #expect(
      CPUFeatures(detected: [.clflush, .clwb], disabled: [.clwb]).flushInstruction == "clflush")
    #expect(CPUFeatures(detected: [.sse2, .clwb], disabled: [.clwb]).description == "sse2 (clwb)")
  }

  @Test("a forced routine stands in for auto, by its sibling in the other contract")
  func forced() throws {
    let features = CPUFeatures(detected: CPUFeatures.detect())
    for (name, durable, sibling) in [
      ("libc", false, "libc"), ("libc", true, "libc+\(features.flushInstruction)"),
      ("fragile-8+\(features.flushInstruction)", false, "fragile-8"),
    ] {
      let table = CopyRoutine.all(
        durable: durable, Selection(features: features, flush: nil, forced: name))
      let auto = try #require(table.last)
      let expected = try #require(table.first { $0.name == sibling })
      #expect(auto.name == "auto")
      #expect(auto.code == expected.code)
    }
  }

  @Test("a forced write-back changes what auto runs and nothing else")
  func forcedFlush() throws {
    let features = CPUFeatures(detected: CPUFeatures.detect())
    let plain = Selection(features: features, flush: nil)
    let none = Selection(features: features, flush: "none")
    let before = EdgeCopyRoutine.all(durable: true, plain)
    let after = EdgeCopyRoutine.all(durable: true, none)
    for (old, new) in zip(before, after) {
      #expect((old.code == new.code) == (old.name != "auto"), "\(old.name)")
    }
    #expect(after.last?.isAvailable == true)
  }

  @Test("values that mean nothing name the nearest that does")
  func mistakes() throws {
    let cases = [
      ("DAXMARK_DISABLE", "avx512,clbw", "clbw", "clwb"),
      ("DAXMARK_COPY", "avx2nt", "avx2nt", "avx2-nt"),
      ("DAXMARK_ZERO", "libpmm", "libpmm", "libpmem"),
      ("DAXMARK_COMPARE", "word8", "word8", "word-8"),
      ("DAXMARK_FLUSH", "libpmem", "libpmem", "clwb"),
      ("DAXMARK_THRESHOLDS", "copy-steam=4096", "copy-steam", "copy-stream"),
      ("DAXMARK_THRESHOLDS", "copy-stream=-1", "copy-stream=-1", "copy-stream=4096"),
      ("DAXMARK_THRESHOLDS", "copy-stream", "copy-stream", "copy-stream=4096"),
    ]
    for (variable, value, wrong, nearest) in cases {
      let error = #expect(throws: OverrideError.self) { try Self.parse([variable: value]) }
      #expect(error?.variable == variable)
      #expect(error?.value == wrong)
      if value != "libpmem" { #expect(error?.nearest == nearest, "\(value)") }
    }
  }

  @Test("good values are read; empty ones count as absent")
  func values() throws {
    let overrides = try Self.parse([
      "DAXMARK_DISABLE": "avx512,clwb", "DAXMARK_COPY": "rep-movsb", "DAXMARK_ZERO": "auto",
      "DAXMARK_COMPARE": "", "DAXMARK_FLUSH": "none",
      "DAXMARK_THRESHOLDS": "copy-stream=1024,edge-stream=0",
    ])
    #expect(overrides.disabled == [.avx512f, .avx512bw, .clwb])
    #expect(overrides.copy == "rep-movsb")
    #expect(overrides.zero == nil && overrides.compare == nil)
    #expect(overrides.flush == "none")
    #expect(overrides.thresholds == ["copy-stream": 1024, "edge-stream": 0])
    #expect(try Self.parse([:]) == RoutineOverrides())
  }

  @Test("the environment reaches the tables and thresholds of a process")
  func environment() async {
    await #expect(processExitsWith: .exitCode(7)) {
      setenv("DAXMARK_DISABLE", "avx2", 1)
      setenv("DAXMARK_COMPARE", "word-8", 1)
      setenv("DAXMARK_THRESHOLDS", "copy-stream=300", 1)
      let table = CompareRoutine.all()
      var thresholds = Thresholds.defaults
      thresholds["zero-stream"] = 5
      Thresholds.install(thresholds)
      let ok =
        table.first { $0.name == "avx2" }?.isAvailable != true
        && table.last?.code == table.first { $0.name == "word-8" }?.code
        && Thresholds.current["copy-stream"] == 300 && Thresholds.current["zero-stream"] == 5
        && Thresholds.current["edge-stream"] == Thresholds.defaults["edge-stream"]
      exit(ok ? 7 : 1)
    }
  }

  @Test("an environment that means nothing is an error, and forces nothing")
  func badEnvironment() async {
    await #expect(processExitsWith: .exitCode(7)) {
      setenv("DAXMARK_COPY", "sse9", 1)
      guard case .failure(let error) = RoutineOverrides.environment else { exit(1) }
      exit(error.variable == "DAXMARK_COPY" && RoutineOverrides.process == .init() ? 7 : 2)
    }
  }

  @Test(
    "lines the flush-cache copy writes back: K-4 to K-8",
    arguments: [
      ("K-4", 0x1004, 4, 0), ("K-5", 0x103e, 6, 2), ("K-6", 0x1008, 16, 0), ("K-6", 0x1008, 13, 1),
      ("K-7", 0x1003, 100, 2), ("K-8", 0x1003, 125, 1), ("empty", 0x103f, 0, 0),
    ])
  func flushcache(id: String, target: Int, byteCount: Int, lines: Int) {
    #expect(cpersist_flushcache_lines(UInt(target), byteCount) == lines, "\(id)")
  }
}
