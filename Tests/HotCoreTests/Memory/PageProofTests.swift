import Glibc
import Testing

@testable import HotCore

@Suite("Page size proofs")
struct PageProofTests {
  static let addresses: Range<UInt> = 0x7f00_0000_0000..<0x7f00_0040_0000

  private func text(_ fields: String) -> String {
    """
    7effffe00000-7f0000000000 ---p 00000000 00:00 0
    Rss:                 999 kB
    AnonHugePages:       999 kB
    7f0000000000-7f0000400000 rw-p 00000000 00:00 0 [anon: a b: c]
    Size:               4096 kB
    KernelPageSize:        4 kB
    \(fields)
    VmFlags: rd wr mr mw me ac sd hg
    7f0000400000-7f0000600000 ---p 00000000 00:00 0
    Rss:                 999 kB
    """
  }

  @Test(
    "smaps sums",
    arguments: [
      ("Rss: 4096 kB", 4096, 4096, 0),
      ("Rss: 4096 kB\nAnonHugePages: 4096 kB", 2048, 4096, 4096),
      ("Rss: 4096 kB\nAnonHugePages: 2048 kB", 4, 4096, 2048),
      ("Rss: 4096 kB\nShmemPmdMapped: 4096 kB", 2048, 4096, 4096),
      ("Rss: 4096 kB\nFilePmdMapped: 4096 kB", 2048, 4096, 4096),
      ("Rss: 0 kB\nPrivate_Hugetlb: 4096 kB", 2048, 4096, 4096),
      ("Rss: 0 kB\nShared_Hugetlb: 2048 kB", 2048, 2048, 2048),
      ("Rss: 0 kB", 4, 0, 0),
    ])
  func sums(_ fields: String, _ page: Int, _ present: Int, _ huge: Int) {
    let proof = PageProof(smaps: text(fields), addresses: Self.addresses)
    #expect(proof.presentByteCount == present << 10)
    #expect(proof.hugeByteCount == huge << 10)
    #expect(proof.bytesPerPage == (page == 2048 ? 2 << 20 : 4096))
    #expect(proof.evidence == (present > 0 ? .smaps : .none))
  }

  @Test(
    "text that is not smaps proves nothing",
    arguments: ["", "\n\n", "Rss: 4 kB", "x-y z\nRss: 4 kB", "7f00000-\nRss:"])
  func garbage(_ text: String) {
    #expect(PageProof(smaps: text, addresses: Self.addresses).evidence == .none)
  }

  @Test(
    "both witnesses agree",
    arguments: [ArenaBacking.anonymous, .transparentHuge, .memfd(.base), .memfd(.transparentHuge)])
  func agree(_ backing: ArenaBacking) throws {
    let arena = try Arena(backing, byteCount: 6 << 20)
    let first = UInt(bitPattern: arena.base)
    let smaps = PageProof(
      smaps: try TextFile.read("/proc/self/smaps"), addresses: first..<first + 6 << 20)
    #expect(smaps.bytesPerPage == arena.pages.bytesPerPage)
    #expect(smaps.presentByteCount == arena.pages.presentByteCount)
    #expect(smaps.hugeByteCount == arena.pages.hugeByteCount)
  }

  @Test("memory nobody touched is not proven")
  func untouched() throws {
    let range = try AddressRange(byteCount: 2 << 20)
    try range.map(2 << 20, flags: MAP_PRIVATE | MAP_ANONYMOUS, what: "memory")
    let proof = PageProof.of(range.base, byteCount: 2 << 20)
    #expect(proof.evidence == .none && proof.presentByteCount == 0)
  }

  @Test("a partly touched huge range is of base pages")
  func partial() throws {
    let range = try AddressRange(byteCount: 4 << 20)
    try range.map(4 << 20, flags: MAP_PRIVATE | MAP_ANONYMOUS, what: "memory")
    _ = range.advise(4 << 20, MADV_NOHUGEPAGE)
    range.base.storeBytes(of: 1, toByteOffset: 8192, as: UInt8.self)
    let proof = PageProof.of(range.base, byteCount: 4 << 20)
    #expect(proof.presentByteCount == 4096 && proof.bytesPerPage == 4096)
  }
}
