/// What backs the pages of an arena.
public enum ArenaBacking: Hashable, Sendable {
  /// Private anonymous memory in 4 KiB pages; transparent huge pages are declined.
  case anonymous
  /// Private anonymous memory for which transparent huge pages are asked.
  case transparentHuge
  /// Private 2 MiB pages from the hugetlb pool.
  case hugetlb
  /// A shared memory file that another process can map through its descriptor.
  case memfd(MemfdPages)
  /// A shared mapping of a file, created or extended as needed and left in place.
  case file(path: String)
  /// A shared mapping through libpmem, created or extended as needed and left in place; with
  /// `MAP_SYNC` where the file is on DAX.
  case pmem(path: String)

  /// The pages of a memory file.
  public enum MemfdPages: String, CaseIterable, Sendable {
    /// 4 KiB pages.
    case base
    /// Transparent huge pages, as far as the kernel grants them.
    case transparentHuge
    /// 2 MiB pages from the hugetlb pool.
    case hugetlb
  }

  /// The unit in which pages are mapped.
  var granuleByteCount: Int {
    switch self {
    case .anonymous, .file, .memfd(.base), .pmem: basePageByteCount
    case .transparentHuge, .hugetlb, .memfd(.transparentHuge), .memfd(.hugetlb): hugePageByteCount
    }
  }

  /// The subject of an error's sentence.
  func phrase(_ byteCount: Int) -> String {
    switch self {
    case .anonymous: "\(byteCount) bytes of anonymous memory"
    case .transparentHuge: "\(byteCount) bytes of anonymous memory for huge pages"
    case .hugetlb, .memfd(.hugetlb): "\(byteCount) bytes of hugetlb pages"
    case .memfd: "\(byteCount) bytes of a memory file"
    case .file(let path), .pmem(let path): "\(byteCount) bytes of \(path)"
    }
  }
}
