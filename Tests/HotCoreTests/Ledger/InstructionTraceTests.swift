#if arch(x86_64)
import Glibc
import HotCore
import Testing

private let ret: UInt8 = 0xC3
private let nop: UInt8 = 0x90

/// Code with known counts; rdi points to writable memory.
private struct Listing: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var code: [UInt8]
  var counts: InstructionCounts
  var needs: String?

  static let all: [Listing] = [
    Listing("nothing", [], .init()),
    Listing("mov, add", [0xB8, 1, 0, 0, 0, 0x83, 0xC0, 1], .init(instructions: 2)),
    Listing(
      "clwb, sfence", [0x66, 0x0F, 0xAE, 0x37, 0x0F, 0xAE, 0xF8],
      .init(instructions: 2, linesWrittenBack: 1, fences: 1), needs: "clwb"),
    Listing(
      "clflushopt, clflush, mfence", [0x66, 0x0F, 0xAE, 0x3F, 0x0F, 0xAE, 0x3F, 0x0F, 0xAE, 0xF0],
      .init(instructions: 3, linesWrittenBack: 2, fences: 1), needs: "clflushopt"),
    Listing(
      "movnti 4 and 8", [0x0F, 0xC3, 0x07, 0x48, 0x0F, 0xC3, 0x07],
      .init(instructions: 2, nonTemporalBytes: 12)),
    Listing("movntdq", [0x66, 0x0F, 0xE7, 0x07], .init(instructions: 1, nonTemporalBytes: 16)),
    Listing(
      "vmovntdq ymm, vzeroupper", [0xC5, 0xFD, 0xE7, 0x07, 0xC5, 0xF8, 0x77],
      .init(instructions: 2, nonTemporalBytes: 32), needs: "avx"),
    Listing(
      "vmovntdq zmm", [0x62, 0xF1, 0x7D, 0x48, 0xE7, 0x07],
      .init(instructions: 1, nonTemporalBytes: 64), needs: "avx512f"),
    // mov ecx, 1000; xor eax, eax; rep stosb
    Listing(
      "rep stosb of 1000", [0xB9, 0xE8, 3, 0, 0, 0x31, 0xC0, 0xF3, 0xAA],
      .init(instructions: 3)),
    Listing("rep stosb of none", [0x31, 0xC9, 0xF3, 0xAA], .init(instructions: 2)),
    // mov ecx, 100; again: movnti; dec ecx; jnz again
    Listing(
      "a loop of 100", [0xB9, 100, 0, 0, 0, 0x0F, 0xC3, 0x07, 0xFF, 0xC9, 0x75, 0xF9],
      .init(instructions: 301, nonTemporalBytes: 400)),
    // mov eax, 39; syscall: getpid
    Listing("a system call", [0xB8, 39, 0, 0, 0, 0x0F, 0x05], .init(instructions: 2)),
    // call +1; ret; (callee) ret: the nested return is counted, the last one is not
    Listing("a nested call", [0xE8, 1, 0, 0, 0, ret], .init(instructions: 2)),
  ]

  init(_ name: String, _ code: [UInt8], _ counts: InstructionCounts, needs: String? = nil) {
    testDescription = name
    self.code = code + [ret]
    self.counts = counts
    self.needs = needs
  }
}

private func counts(
  _ code: [UInt8], atEnd: Bool = false, stepLimit: Int = 100_000
) throws -> InstructionCounts {
  let page = CodePage(code, atEnd: atEnd)
  let memory = TraceMemory(byteCount: 4096, shared: false, filledWith: 7)
  defer {
    let untouched = memory.holdsOnly(7)
    #expect(untouched, "the child wrote into the caller's memory")
  }
  return try InstructionTrace.measure(page.function, context: memory.base, stepLimit: stepLimit)
}

/// Whether this system lets a process trace its child; the reason is the suite's condition.
private func canTrace() -> Bool {
  do {
    _ = try counts([ret])
    return true
  } catch TraceError.unavailable {
    return false
  } catch {
    return true
  }
}

@Suite("Instruction trace", .serialized, .enabled(if: canTrace(), "ptrace is forbidden here"))
struct InstructionTraceTests {
  @Test("a listing counts exactly what is written in it", arguments: Listing.all)
  fileprivate func listing(_ listing: Listing) throws {
    if let needs = listing.needs, !tracedCPUHas(needs) { return }
    #expect(try counts(listing.code) == listing.counts)
    #expect(try counts(listing.code, atEnd: true) == listing.counts, "at the end of its mapping")
  }

  @Test("each added instruction adds one")
  func oneMore() throws {
    for count in 0...20 {
      let code = Array(repeating: nop, count: count) + [ret]
      #expect(try counts(code) == InstructionCounts(instructions: count))
    }
  }

  @Test("the limit is the number of instructions that still complete")
  func limit() throws {
    let code = Array(repeating: nop, count: 10) + [ret]
    #expect(try counts(code, stepLimit: 10).instructions == 10)
    #expect(throws: TraceError.limit(instructions: 9)) { try counts(code, stepLimit: 9) }
    #expect(throws: TraceError.limit(instructions: 0)) { try counts(code, stepLimit: 0) }
    #expect(try counts([ret], stepLimit: 0) == InstructionCounts())
    #expect(try counts([ret], stepLimit: .max) == InstructionCounts())
  }

  @Test("a call that never returns is given up")
  func stuck() {
    #expect(throws: TraceError.stuck(seconds: 2)) { try counts([0xEB, 0xFE]) }  // jmp to itself
  }

  @Test("a call that faults or leaves is an error, not a crash")
  func signals() {
    // mov [8], eax; ud2; int3; exit_group(0)
    #expect(throws: TraceError.signal(SIGSEGV)) {
      try counts([0x89, 0x04, 0x25, 8, 0, 0, 0, ret])
    }
    #expect(throws: TraceError.signal(SIGILL)) { try counts([0x0F, 0x0B, ret]) }
    #expect(throws: TraceError.signal(SIGTRAP)) { try counts([0xCC, ret]) }
    #expect(throws: TraceError.signal(0)) {
      try counts([0x31, 0xFF, 0xB8, 0xE7, 0, 0, 0, 0x0F, 0x05, ret])
    }
  }

  @Test("a repeated instruction really moves its bytes, wherever its end lies in a word")
  func repetitionMoves() throws {
    let source = TraceMemory(byteCount: 100_000, shared: false, filledWith: 0x5A)
    for padding in 0..<8 {
      let target = TraceMemory(byteCount: 100_000, shared: true, filledWith: 0)
      // mov rcx, rdx; rep movsb; ret
      let code = Array(repeating: nop, count: padding) + [0x48, 0x89, 0xD1, 0xF3, 0xA4, ret]
      let page = CodePage(code)
      let counts = try InstructionTrace.measure(
        copy: page.copy, target: target.base, source: source.base, byteCount: 100_000)
      #expect(counts == InstructionCounts(instructions: padding + 2))
      let moved = target.holdsOnly(0x5A)
      #expect(moved)
    }
  }

  @Test("a repetition that faults is an error")
  func repetitionFaults() {
    // mov ecx, -1; rep stosb runs off the mapping
    #expect(throws: TraceError.signal(SIGSEGV)) {
      try counts([0xB9, 0xFF, 0xFF, 0xFF, 0xFF, 0xF3, 0xAA, ret])
    }
  }

  @Test("six arguments arrive in order")
  func arguments() throws {
    let memory = TraceMemory(byteCount: 4096, shared: true, filledWith: 0)
    // mov [rdi], rsi; [rdi+8], rdx; [rdi+16], rcx; [rdi+24], r8; [rdi+32], r9
    let page = CodePage([
      0x48, 0x89, 0x37, 0x48, 0x89, 0x57, 8, 0x48, 0x89, 0x4F, 16, 0x4C, 0x89, 0x47, 24, 0x4C, 0x89,
      0x4F, 32, ret,
    ])
    let counts = try InstructionTrace.measure(
      edgeCopy: page.edgeCopy, target: memory.base, edges: nil, body: memory.base + 1,
      3, -4, .max)
    #expect(counts == InstructionCounts(instructions: 5))
    let words = (0..<5).map { memory.base.load(fromByteOffset: 8 * $0, as: Int.self) }
    #expect(words == [0, Int(bitPattern: memory.base) + 1, 3, -4, .max])
  }

  @Test("two traces of a C library routine agree, lazy binding left out")
  func libraryRoutine() throws {
    let target = TraceMemory(byteCount: 8192, shared: false, filledWith: 1)
    let source = TraceMemory(byteCount: 8192, shared: false, filledWith: 2)
    func copy(_ byteCount: Int) throws -> InstructionCounts {
      try InstructionTrace.measure(
        copy: { memcpy($0, $1, $2) }, target: target.base, source: source.base,
        byteCount: byteCount)
    }
    let first = try copy(4096)
    #expect(try copy(4096) == first)
    #expect(first.instructions > 0 && first.instructions < 4096)
    #expect(try copy(0).instructions < 40, "symbol binding was counted")
    let untouched = target.holdsOnly(1)
    #expect(untouched)
  }

  @Test("compare, zero and flush have their shapes")
  func shapes() throws {
    let memory = TraceMemory(byteCount: 4096, shared: false, filledWith: 0)
    let compared = try InstructionTrace.measure(
      compare: { Int(memcmp($0, $1, $2)) }, first: memory.base, second: memory.base,
      byteCount: 256)
    let zeroed = try InstructionTrace.measure(
      zero: { memset($0, 0, $1) }, target: memory.base, byteCount: 256)
    let flushed = try InstructionTrace.measure(
      flush: { _, _ in }, target: memory.base, byteCount: 256)
    #expect(compared.instructions > 4)
    #expect(zeroed.instructions > 4)
    #expect(flushed.instructions < 40)  // an empty closure; debug builds pad it
  }

  @Test("traces on several threads do not disturb each other")
  func threads() async {
    await withTaskGroup(of: InstructionCounts?.self) { group in
      for _ in 0..<8 {
        group.addTask { try? counts(Array(repeating: nop, count: 50) + [ret]) }
      }
      for await result in group { #expect(result == InstructionCounts(instructions: 50)) }
    }
  }

  @Test("a dropped signal from outside is neither a step nor an end")
  func outsideSignals() throws {
    // The routine sends itself SIGWINCH and SIGTERM: getpid, then kill, twice.
    let kill: (UInt8) -> [UInt8] = {
      [0xB8, 39, 0, 0, 0, 0x0F, 0x05, 0x89, 0xC7, 0xBE, $0, 0, 0, 0, 0xB8, 62, 0, 0, 0, 0x0F, 0x05]
    }
    let code = kill(UInt8(SIGWINCH)) + kill(UInt8(SIGTERM)) + [ret]
    #expect(try counts(code) == InstructionCounts(instructions: 12))
  }

  @Test("no child outlives its trace, however the trace ends")
  func reaped() throws {
    // A routine that stores its process number into shared memory: getpid; mov [rdi], eax.
    for tail: [UInt8] in [[ret], [0x0F, 0x0B], [0xEB, 0xFE]] {
      let memory = TraceMemory(byteCount: 4096, shared: true, filledWith: 0)
      let page = CodePage([0xB8, 39, 0, 0, 0, 0x0F, 0x05, 0x89, 0x07] + tail)
      _ = try? InstructionTrace.measure(page.function, context: memory.base, stepLimit: 100)
      let child = memory.base.load(as: pid_t.self)
      #expect(child > 0 && child != getpid())
      #expect(kill(child, 0) == -1 && errno == ESRCH, "child \(child) is still there")
    }
  }
}

@Suite("Trace errors")
struct TraceErrorTests {
  @Test("every error is one sentence without a line break")
  func sentences() {
    let errors: [TraceError] = [
      .limit(instructions: 5), .stuck(seconds: 2), .signal(0), .signal(SIGSEGV),
      .unavailable(errno: EPERM), .unavailable(errno: ENOSYS), .unavailable(errno: EAGAIN),
      .unavailable(errno: EIO),
    ]
    let sentences = errors.map(\.description)
    #expect(Set(sentences).count == errors.count)
    for sentence in sentences { #expect(!sentence.isEmpty && !sentence.contains("\n")) }
  }
}
#endif
