import HotCore
import Testing

@Suite("Random bytes and offsets")
struct RandomTests {
  @Test("the generators give their published numbers")
  func vectors() {
    // From the authors' reference programs with these seeds.
    var split = SplitMix64(seed: 1_234_567)
    #expect(split.next() == 6_457_827_717_110_365_317)
    #expect(split.next() == 3_203_168_211_198_807_973)
    #expect(split.next() == 9_817_491_932_198_370_423)
  }

  @Test("filling is the numbers in order, for each length and alignment", arguments: 0..<9)
  func fills(_ alignment: Int) {
    for byteCount in [0, 1, 7, 8, 9, 15, 16, 63, 64, 65] {
      var memory = [UInt8](repeating: 0xEE, count: alignment + byteCount + 1)
      memory.withUnsafeMutableBytes { buffer in
        var span = MutableRawSpan(_unsafeBytes: buffer[alignment..<alignment + byteCount])
        var source = RandomBytes(seed: 42)
        source.fill(&span)
      }
      var source = RandomBytes(seed: 42)
      var expected: [UInt8] = []
      while expected.count < byteCount {
        let word = source.next()
        expected += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      }
      #expect(Array(memory[alignment..<alignment + byteCount]) == Array(expected.prefix(byteCount)))
      #expect(memory[..<alignment].allSatisfy { $0 == 0xEE } && memory.last == 0xEE)
    }
  }

  @Test("bytes are spread evenly, and seeds differ")
  func spread() {
    func bytes(_ seed: UInt64) -> [UInt8] {
      var memory = [UInt8](repeating: 0, count: 1 << 16)
      memory.withUnsafeMutableBytes { buffer in
        var span = MutableRawSpan(_unsafeBytes: buffer)
        var source = RandomBytes(seed: seed)
        source.fill(&span)
      }
      return memory
    }
    let first = bytes(1)
    var counts = [Int](repeating: 0, count: 256)
    for byte in first { counts[Int(byte)] += 1 }
    // 256 ± 16 is one standard deviation; eight never happen by chance.
    #expect(counts.allSatisfy { (128...384).contains($0) })
    #expect(first == bytes(1) && first != bytes(2) && first != bytes(0))
  }

  @Test("a sequence is a permutation of the region's blocks")
  func permutes() {
    var random = SystemRandomNumberGenerator()
    let seed = random.next()
    for blocks in [1, 2, 3, 64, 1000, 4097] {
      for block in [1, 64, 4096] {
        let sequence = OffsetSequence(
          regionByteCount: blocks * block + block - 1, blockByteCount: block, seed: seed)
        let offsets = (0..<sequence.count).map { sequence[$0] }
        #expect(offsets.sorted() == (0..<blocks).map { $0 * block }, "seed \(seed)")
        let lent = sequence.withIndices { span in span.indices.map { Int(span[$0]) * block } }
        #expect(lent == offsets)
      }
    }
  }

  @Test(
    "a limit takes a subset of the whole region; the seed decides", arguments: [1, 2, 100, 999])
  func limits(_ limit: Int) {
    func offsets(_ seed: UInt64) -> [Int] {
      let sequence = OffsetSequence(
        regionByteCount: 64_000, blockByteCount: 64, seed: seed, limit: limit)
      return (0..<sequence.count).map { sequence[$0] }
    }
    let first = offsets(3)
    #expect(first.count == limit && Set(first).count == limit)
    #expect(first.allSatisfy { $0 % 64 == 0 && (0..<64_000).contains($0) })
    #expect(first == offsets(3))
    // Drawn from everywhere: a hundred draws that all stay in one half have a chance of 2^-99.
    if limit >= 100 {
      #expect(first.contains { $0 < 32_000 } && first.contains { $0 >= 32_000 })
      #expect(first != offsets(4))
    }
  }

  @Test("impossible sequences trap")
  func traps() async {
    await #expect(processExitsWith: .failure) {
      _ = OffsetSequence(regionByteCount: 63, blockByteCount: 64, seed: 0)
    }
    await #expect(processExitsWith: .failure) {
      _ = OffsetSequence(regionByteCount: 64, blockByteCount: 64, seed: 0)[1]
    }
  }
}
