internal import CHost

/// The page size a range of memory really has, and what says so.
public struct PageProof: Equatable, Sendable {
  /// Where the proof comes from.
  public enum Evidence: String, Sendable {
    /// The page tables, read by the `PAGEMAP_SCAN` call of Linux 6.7 and newer.
    case pagemapScan = "pagemap-scan"
    /// The sums of `/proc/self/smaps`; blind to the zero page.
    case smaps
    /// Nothing: no page of the range is visible.
    case none
  }

  /// Bytes of the smallest page in the range: 2 MiB only when every present byte is mapped so.
  public let bytesPerPage: Int
  /// Bytes of the range that are mapped.
  public let presentByteCount: Int
  /// Bytes of the range that are mapped by entries of 2 MiB.
  public let hugeByteCount: Int
  /// What says so.
  public let evidence: Evidence

  init(present: Int, huge: Int, evidence: Evidence) {
    bytesPerPage = present > 0 && huge >= present ? hugePageByteCount : basePageByteCount
    presentByteCount = present
    hugeByteCount = huge
    self.evidence = present > 0 ? evidence : .none
  }

  // Not used: /proc/kpageflags. It needs root, and its THP flag belongs to the physical page, also
  // when the page tables map it by 4 KiB entries.

  /// Looks up the pages of a range of this process.
  ///
  /// - Parameters:
  ///   - base: the first byte, on a page boundary.
  ///   - byteCount: a multiple of the base page.
  /// - Returns: the proof; `evidence` is `none` when no page of the range is present.
  /// - Safety: nothing is accessed at the address; the answer means something while it is mapped.
  @unsafe public static func of(_ base: UnsafeRawPointer, byteCount: Int) -> PageProof {
    var present: UInt64 = 0
    var huge: UInt64 = 0
    // SAFETY: the out-parameters live through the call; the kernel reads page tables only.
    if unsafe chost_pagemap_scan(base, byteCount, &present, &huge) == 0 {
      return PageProof(present: Int(present), huge: Int(huge), evidence: .pagemapScan)
    }
    let first = UInt(bitPattern: base)
    let text = (try? TextFile.read("/proc/self/smaps")) ?? ""
    return PageProof(smaps: text, addresses: first..<first + UInt(byteCount))
  }

  /// Reads the proof from the text of `/proc/self/smaps`.
  ///
  /// Only mappings that lie in the range as a whole count: their sums cannot be divided.
  init(smaps text: String, addresses: Range<UInt>) {
    var present = 0
    var huge = 0
    var isInside = false
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2)
      guard words.count > 1, let label = words.first else { continue }
      if label.last != ":" {
        isInside = mapping(label).map { addresses.contains($0) } ?? false
        continue
      }
      guard isInside, let kilobytes = Int(words[1]) else { continue }
      switch label {
      case "Rss:": present += kilobytes << 10
      case "AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:": huge += kilobytes << 10
      case "Private_Hugetlb:", "Shared_Hugetlb:":
        // Rss leaves hugetlb pages out.
        present += kilobytes << 10
        huge += kilobytes << 10
      default: break
      }
    }
    self.init(present: present, huge: huge, evidence: .smaps)
  }
}

/// The addresses in the head of a mapping's entry, such as `7f0000000000-7f0000200000`.
private func mapping(_ text: Substring) -> Range<UInt>? {
  let ends = text.split(separator: "-")
  guard ends.count == 2, let start = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16),
    start < end
  else { return nil }
  return start..<end
}
