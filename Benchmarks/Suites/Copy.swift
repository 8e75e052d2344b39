internal import Plan

/// Copying, and having the copy durable, at each size.
enum Copy {
  static let essential = [
    Workload(
      .copy, routines: Routines.copy, sizes: "1", durable: false, caches: [.l1], pages: [.any]),
    Workload(
      .copy, routines: Routines.copy, sizes: "64,256,1KiB,4KiB", durable: false, caches: [.l1],
      pages: [.any]),
    Workload(
      .copy, routines: Routines.copy, sizes: "64KiB", durable: false, caches: [.llc],
      pages: [.any]),
    Workload(
      .copy, routines: Routines.copy, sizes: "2MiB", durable: false, caches: [.memory],
      pages: [.any]),
    Workload(
      .copy, routines: Routines.durableCopy, sizes: "64,256,1KiB,4KiB", durable: true,
      caches: [.l1], pages: [.any]),
    Workload(
      .copy, routines: Routines.durableCopy, sizes: "4KiB,64KiB,2MiB", durable: true,
      caches: [.memory], pages: [.any]),
  ]

  static let brief = [
    Workload(
      .copy, routines: ["auto", "libc", "libpmem", "rep-movsb"], sizes: "256,4KiB", durable: false,
      caches: [.l1], pages: [.any]),
    Workload(
      .copy, routines: ["auto", "libc+clwb", "libpmem"], sizes: "4KiB", durable: true,
      caches: [.memory], pages: [.any]),
  ]

  static let suite = Suite(
    name: "copy",
    question: "What does it cost to copy bytes, and to have them durable, at each size?",
    rounds: 16,
    workloads: essential + [
      Workload(
        .copy, routines: Routines.copy, sizes: "1,8,16,32,64:*2:4KiB", durable: false,
        caches: [.l1], pages: [.any]),
      Workload(
        .copy, routines: Routines.copy, sizes: "64:*4:4MiB", durable: false,
        caches: [.llc, .memory], pages: [.any]),
      Workload(
        .copy, routines: Routines.durableCopy + Routines.durableCopyByFlush, sizes: "64:*2:4KiB",
        durable: true, caches: [.l1], pages: [.any]),
      Workload(
        .copy, routines: Routines.durableCopy + Routines.durableCopyByFlush, sizes: "64:*4:4MiB",
        durable: true, caches: [.memory], pages: [.any]),
      // The alignment penalty: the target's offset in its cache line.
      Workload(
        .copy, routines: ["auto", "libc", "libpmem", "avx2", "avx2-nt", "avx512-nt"], sizes: "512",
        positions: "0:+8:56", durable: false, caches: [.l1], pages: [.any]),
      Workload(
        .copy, routines: ["auto", "libc+clwb", "libpmem", "avx2-nt", "avx512-nt"], sizes: "512",
        positions: "0:+8:56", durable: true, caches: [.memory], pages: [.any]),
      // What huge pages are worth.
      Workload(
        .copy, routines: ["auto", "libc"], sizes: "4KiB,2MiB", durable: false, caches: [.memory],
        pages: [.base, .huge]),
    ])
}
