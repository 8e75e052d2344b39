/// The names of competing routines, by operation and contract.
///
/// The registry resolves them; one that this machine lacks becomes a skipped row with its reason.
enum Routines {
  static let copy = [
    "auto", "libc", "libpmem", "rep-movsb", "fragile-8", "movnti", "sse2-nt", "avx2", "avx2-nt",
    "avx512", "avx512-nt", "guarded",
  ]
  static let durableCopy = [
    "auto", "libc+clwb", "libpmem", "rep-movsb+clwb", "movnti", "sse2-nt", "avx2+clwb", "avx2-nt",
    "avx512+clwb", "avx512-nt",
  ]
  static let durableCopyByFlush = ["libc", "rep-movsb", "fragile-8", "avx2", "avx512", "guarded"]
    .flatMap { ["\($0)+clwb", "\($0)+clflushopt", "\($0)+clflush"] }
  static let zero = [
    "auto", "libc", "libpmem", "avx2", "avx512", "sse2-nt", "avx2-nt", "avx512-nt",
  ]
  static let durableZero = [
    "auto", "libc+clwb", "libpmem", "avx2+clwb", "avx512+clwb", "sse2-nt", "avx2-nt", "avx512-nt",
  ]
  static let durableZeroByFlush = ["libc", "avx2", "avx512"]
    .flatMap { ["\($0)+clwb", "\($0)+clflushopt", "\($0)+clflush"] }
  static let compare = ["auto", "libc", "word-8", "avx2", "avx512"]
  static let flush = ["clwb", "clflushopt", "clflush", "libpmem", "none"]
  static let edge = [
    "auto", "libpmem", "kernel", "libc", "rep-movsb", "fragile-8", "movnti", "avx2", "avx2-nt",
    "avx512", "avx512-nt",
  ]
  static let durableEdge = [
    "auto", "libpmem", "libpmem-whole", "libpmem-nodrain", "libpmem-persist", "kernel", "libc+clwb",
    "rep-movsb+clwb", "movnti", "sse2-nt", "avx2+clwb", "avx2-nt", "avx512+clwb", "avx512-nt",
  ]
  static let edgeMap = ["auto", "libpmem", "kernel"]
  static let modelEdge = ["auto", "upstream", "h3", "btrfs"]
  static let modelBlock = ["auto", "upstream", "h8", "btrfs"]
  static let modelFault = ["direct", "direct-owners", "direct-shadow"]
  static let modelTrap = ["signal", "userfault"]
}
