import CHost
import Testing

/// One assembled instruction and what it must count; the bytes come from an assembler.
struct InstructionVector: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var bytes: [UInt8]
  var nonTemporalBytes: UInt8
  var writesBack: Bool
  var fences: Bool
  var repeatLength: UInt8

  init(
    _ name: String, _ bytes: [UInt8], nonTemporalBytes: UInt8 = 0, writesBack: Bool = false,
    fences: Bool = false, repeatLength: UInt8 = 0
  ) {
    testDescription = name
    self.bytes = bytes
    self.nonTemporalBytes = nonTemporalBytes
    self.writesBack = writesBack
    self.fences = fences
    self.repeatLength = repeatLength
  }

  static let all: [InstructionVector] = [
    InstructionVector("movnti %eax,(%rdi)", [0x0F, 0xC3, 0x07], nonTemporalBytes: 4),
    InstructionVector("movnti %rax,(%rdi)", [0x48, 0x0F, 0xC3, 0x07], nonTemporalBytes: 8),
    InstructionVector(
      "movnti %r9,8(%r12,%rcx,8)", [0x4D, 0x0F, 0xC3, 0x4C, 0xCC, 0x08], nonTemporalBytes: 8),
    InstructionVector("movntdq %xmm1,(%rdi)", [0x66, 0x0F, 0xE7, 0x0F], nonTemporalBytes: 16),
    InstructionVector("movntdq %xmm9,(%r8)", [0x66, 0x45, 0x0F, 0xE7, 0x08], nonTemporalBytes: 16),
    InstructionVector("movntps %xmm1,(%rdi)", [0x0F, 0x2B, 0x0F], nonTemporalBytes: 16),
    InstructionVector("movntpd %xmm1,(%rdi)", [0x66, 0x0F, 0x2B, 0x0F], nonTemporalBytes: 16),
    InstructionVector("movntq %mm1,(%rdi)", [0x0F, 0xE7, 0x0F], nonTemporalBytes: 8),
    InstructionVector("movntss %xmm1,(%rdi)", [0xF3, 0x0F, 0x2B, 0x0F], nonTemporalBytes: 4),
    InstructionVector("movntsd %xmm1,(%rdi)", [0xF2, 0x0F, 0x2B, 0x0F], nonTemporalBytes: 8),
    InstructionVector("vmovntdq %xmm1,(%rdi)", [0xC5, 0xF9, 0xE7, 0x0F], nonTemporalBytes: 16),
    InstructionVector("vmovntdq %ymm1,(%rdi)", [0xC5, 0xFD, 0xE7, 0x0F], nonTemporalBytes: 32),
    InstructionVector(
      "vmovntdq %ymm9,(%r8)", [0xC4, 0x41, 0x7D, 0xE7, 0x08], nonTemporalBytes: 32),
    InstructionVector("vmovntps %ymm1,(%rdi)", [0xC5, 0xFC, 0x2B, 0x0F], nonTemporalBytes: 32),
    InstructionVector(
      "vmovntpd %ymm1,(%r10)", [0xC4, 0xC1, 0x7D, 0x2B, 0x0A], nonTemporalBytes: 32),
    InstructionVector(
      "vmovntdq %zmm1,(%rdi)", [0x62, 0xF1, 0x7D, 0x48, 0xE7, 0x0F], nonTemporalBytes: 64),
    InstructionVector(
      "vmovntdq %zmm30,64(%r8)", [0x62, 0x41, 0x7D, 0x48, 0xE7, 0x70, 0x01], nonTemporalBytes: 64),
    InstructionVector(
      "vmovntps %zmm1,(%rdi)", [0x62, 0xF1, 0x7C, 0x48, 0x2B, 0x0F], nonTemporalBytes: 64),
    InstructionVector(
      "vmovntpd %zmm1,(%rdi)", [0x62, 0xF1, 0xFD, 0x48, 0x2B, 0x0F], nonTemporalBytes: 64),
    InstructionVector(
      "vmovntdq %ymm17,(%rdi)", [0x62, 0xE1, 0x7D, 0x28, 0xE7, 0x0F], nonTemporalBytes: 32),
    InstructionVector("movdiri %eax,(%rdi)", [0x0F, 0x38, 0xF9, 0x07], nonTemporalBytes: 4),
    InstructionVector("movdiri %rax,(%rdi)", [0x48, 0x0F, 0x38, 0xF9, 0x07], nonTemporalBytes: 8),
    InstructionVector(
      "movdir64b (%rsi),%rdi", [0x66, 0x0F, 0x38, 0xF8, 0x3E], nonTemporalBytes: 64),
    InstructionVector("clzero", [0x0F, 0x01, 0xFC], nonTemporalBytes: 64),
    InstructionVector("clwb (%rdi)", [0x66, 0x0F, 0xAE, 0x37], writesBack: true),
    InstructionVector("clwb 64(%r9)", [0x66, 0x41, 0x0F, 0xAE, 0x71, 0x40], writesBack: true),
    InstructionVector("clflushopt (%rdi)", [0x66, 0x0F, 0xAE, 0x3F], writesBack: true),
    InstructionVector("clflush (%rdi)", [0x0F, 0xAE, 0x3F], writesBack: true),
    InstructionVector("sfence", [0x0F, 0xAE, 0xF8], fences: true),
    InstructionVector("mfence", [0x0F, 0xAE, 0xF0], fences: true),
    InstructionVector("lfence", [0x0F, 0xAE, 0xE8]),
    InstructionVector("xsaveopt (%rdi)", [0x0F, 0xAE, 0x37]),
    InstructionVector("xrstor (%rdi)", [0x0F, 0xAE, 0x2F]),
    InstructionVector("umonitor %rdi", [0xF3, 0x0F, 0xAE, 0xF7]),
    InstructionVector("tpause %eax", [0x66, 0x0F, 0xAE, 0xF0]),
    InstructionVector("clrssbsy (%rdi)", [0xF3, 0x0F, 0xAE, 0x37]),
    InstructionVector("ldmxcsr (%rdi)", [0x0F, 0xAE, 0x17]),
    InstructionVector("lock addl $1,(%rdi)", [0xF0, 0x83, 0x07, 0x01]),
    InstructionVector("movaps %xmm1,(%rdi)", [0x0F, 0x29, 0x0F]),
    InstructionVector("vmovntdqa (%rdi),%ymm1", [0xC4, 0xE2, 0x7D, 0x2A, 0x0F]),
    InstructionVector("movntdqa (%rdi),%xmm1", [0x66, 0x0F, 0x38, 0x2A, 0x0F]),
    InstructionVector("cvtdq2pd %xmm0,%xmm1", [0xF3, 0x0F, 0xE6, 0xC8]),
    InstructionVector("vcvttpd2dq %ymm0,%xmm1", [0xC5, 0xFD, 0xE6, 0xC8]),
    InstructionVector("movups %xmm1,(%rdi)", [0x0F, 0x11, 0x0F]),
    InstructionVector("rep movsb", [0xF3, 0xA4], repeatLength: 2),
    InstructionVector("rep movsq", [0xF3, 0x48, 0xA5], repeatLength: 3),
    InstructionVector("rep stosb", [0xF3, 0xAA], repeatLength: 2),
    InstructionVector("rep stosq", [0xF3, 0x48, 0xAB], repeatLength: 3),
    InstructionVector("repe cmpsb", [0xF3, 0xA6], repeatLength: 2),
    InstructionVector("repne scasb", [0xF2, 0xAE], repeatLength: 2),
    InstructionVector("addr32 rep movsb", [0x67, 0xF3, 0xA4], repeatLength: 3),
    InstructionVector("movsb", [0xA4]),
    InstructionVector("pause", [0xF3, 0x90]),
    InstructionVector("endbr64", [0xF3, 0x0F, 0x1E, 0xFA]),
    InstructionVector("nop", [0x90]),
    InstructionVector("testb $1,%al", [0xA8, 0x01]),
    InstructionVector("lodsb", [0xAC]),
    InstructionVector("rdtscp", [0x0F, 0x01, 0xF9]),
  ]
}

@Suite("Instruction decoder")
struct InstructionDecoderTests {
  private func decode(_ bytes: [UInt8], padding: UInt8) -> chost_trace_effect {
    let count = Int(CHOST_TRACE_DECODE_BYTES)
    let padded = (bytes + Array(repeating: padding, count: count)).prefix(count)
    return Array(padded).withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { chost_trace_decode($0) } ?? chost_trace_effect()
    }
  }

  @Test("an assembled instruction counts what it does", arguments: InstructionVector.all)
  func vector(_ vector: InstructionVector) {
    for padding: UInt8 in [0x00, 0x90, 0xFF] {
      let effect = decode(vector.bytes, padding: padding)
      #expect(effect.non_temporal_bytes == vector.nonTemporalBytes)
      #expect(effect.writes_back == vector.writesBack)
      #expect(effect.fences == vector.fences)
      #expect(effect.repeat_length == vector.repeatLength)
    }
  }

  @Test("redundant prefixes neither hide an instruction nor make one up")
  func prefixes() {
    // A segment override before a fenceless write-back, a REX that a later prefix cancels.
    #expect(decode([0x3E, 0x66, 0x0F, 0xAE, 0x37], padding: 0).writes_back)
    #expect(decode([0x48, 0x66, 0x0F, 0xC3, 0x07], padding: 0).non_temporal_bytes == 0)
    #expect(decode([0x48, 0x3E, 0x0F, 0xC3, 0x07], padding: 0).non_temporal_bytes == 4)
    #expect(decode([0x66, 0xF3, 0xA5], padding: 0).repeat_length == 3)
    #expect(decode([0xF3, 0x66, 0xA5], padding: 0).repeat_length == 3)
  }

  @Test("bytes that are no instruction are read within the buffer")
  func garbage() {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int(CHOST_TRACE_DECODE_BYTES) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Prefixes are made frequent: they are what moves the reader towards the end.
        let byte = UInt8(truncatingIfNeeded: state >> 33)
        bytes.append(byte < 160 ? [0x66, 0xF2, 0xF3, 0x48, 0x3E][Int(byte) % 5] : byte)
      }
      let effect = decode(bytes, padding: 0)
      #expect(effect.repeat_length <= 16 && effect.non_temporal_bytes <= 128)
    }
    let onlyPrefixes = decode(Array(repeating: 0x66, count: 21), padding: 0x66)
    #expect(onlyPrefixes.repeat_length == 0)
  }
}
