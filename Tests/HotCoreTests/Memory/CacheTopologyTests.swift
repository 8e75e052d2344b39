import Testing

@testable import HotCore

@Suite("Cache topology")
struct CacheTopologyTests {
  @Test("this machine's caches are ordered")
  func here() {
    let caches = CacheTopology()
    #expect([32, 64, 128, 256].contains(caches.lineByteCount))
    #expect(caches.l1DataByteCount >= 4096)
    #expect(caches.l2ByteCount >= caches.l1DataByteCount)
    #expect(caches.llcByteCount >= caches.l2ByteCount)
  }

  @Test("a missing description falls back and says so")
  func missing() {
    let caches = CacheTopology(directory: "/no/such")
    #expect(caches.evidence != .sysfs)
    #expect(caches.lineByteCount > 0 && caches.llcByteCount > 0)
  }

  @Test("each size comes from the best source that has it")
  func chooses() {
    let full = CacheTopology(
      sysfs: [1: 48 << 10, 2: 2 << 20, 3: 60 << 20], line: 64, library: [:], libraryLine: 0)
    #expect(full.evidence == .sysfs && full.llcByteCount == 60 << 20)
    let library = CacheTopology(
      sysfs: [1: 48 << 10], line: 64, library: [2: 1 << 20], libraryLine: 0)
    #expect(library.evidence == .sysconf)
    #expect(library.l2ByteCount == 1 << 20 && library.llcByteCount == 1 << 20)
    let nothing = CacheTopology(sysfs: [:], line: nil, library: [:], libraryLine: 0)
    #expect(nothing.evidence == .assumed)
    #expect(nothing.lineByteCount == 64 && nothing.l1DataByteCount == 32 << 10)
    let partly = CacheTopology(sysfs: [1: 48 << 10], line: 64, library: [:], libraryLine: 0)
    #expect(partly.evidence == .assumed && partly.l1DataByteCount == 48 << 10)
  }
}
