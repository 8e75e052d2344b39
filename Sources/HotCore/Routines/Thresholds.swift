internal import CPersist

/// The sizes, in bytes, from which on `auto` streams past the caches.
///
/// A size cannot say where its bytes lie, so a default is a compromise, and `daxmark tune` measures
/// it anew. The built-in ones come from Zen 3 (AVX2, `clwb`, no fast strings), 32 MiB last-level
/// cache, 2 MiB pages; medians of 31 interleaved batches on thread CPU time, cost of the other way
/// in parentheses:
///
/// - `copy-stream`, 1 MiB: cached wins at 4 KiB in L1 (nt 6.9x) and 64 KiB in the LLC (nt 1.15x),
///   nt at 2 MiB in memory (cached 1.9x). Blind spot: 4 KiB in memory, where cached loses 1.4x.
/// - `copy-stream-durable`, 0: avx2+clwb costs 1.7x avx2-nt at 64 B, 1.5x at 4 KiB, and in memory
///   1.7x at 4 KiB, 2.5x at 2 MiB.
/// - `zero-stream`, 1 MiB: cached wins at 4 KiB in L1 (nt 5.2x) and 64 KiB in the LLC (nt 1.13x),
///   nt at 2 MiB in memory (cached 2.9x).
/// - `zero-stream-durable`, 0: avx2+clwb costs 1.1x avx2-nt at 64 B, 2.2x at 4 KiB, 5.1x at 2 MiB.
/// - `edge-stream`, 1 MiB, without durability: cached wins at 4 KiB in L1 (nt 7.5x), nt in memory
///   (cached 1.45x at 4 KiB, 1.9x at 2 MiB). Durable edge copies always stream.
public struct Thresholds: Sendable, Equatable {
  private var values: [String: Int]

  /// The names, in the order of the record.
  public static let names = [
    "copy-stream", "copy-stream-durable", "zero-stream", "zero-stream-durable", "edge-stream",
  ]

  /// The built-in values.
  public static let defaults = Thresholds(cpersist_default_thresholds)

  /// The values in force.
  public static var current: Thresholds {
    _ = forced
    return Thresholds(cpersist_get_thresholds())
  }

  /// A threshold by its name, or nil for a name that is none.
  public subscript(name: String) -> Int? {
    get { values[name] }
    set {
      precondition(values[name] != nil && newValue.map { $0 >= 0 } == true, "a known threshold")
      values[name] = newValue
    }
  }

  /// Puts values in force, those forced by the environment excepted.
  ///
  /// Call it before any routine runs, from one thread: kernels read the values without a lock.
  public static func install(_ thresholds: Thresholds) {
    _ = forced
    apply(thresholds)
  }

  /// Puts the environment's values in force, once; the tables ask for it before they lend a
  /// routine.
  static let forced: Void = apply(defaults)

  private static func apply(_ thresholds: Thresholds) {
    var thresholds = thresholds
    for (name, value) in RoutineOverrides.process.thresholds { thresholds[name] = value }
    cpersist_set_thresholds(
      cpersist_thresholds(
        copy_stream: thresholds.bytes("copy-stream"),
        copy_stream_durable: thresholds.bytes("copy-stream-durable"),
        zero_stream: thresholds.bytes("zero-stream"),
        zero_stream_durable: thresholds.bytes("zero-stream-durable"),
        edge_stream: thresholds.bytes("edge-stream")))
  }

  private init(_ c: cpersist_thresholds) {
    values = [
      "copy-stream": c.copy_stream, "copy-stream-durable": c.copy_stream_durable,
      "zero-stream": c.zero_stream, "zero-stream-durable": c.zero_stream_durable,
      "edge-stream": c.edge_stream,
    ]
  }

  private func bytes(_ name: String) -> Int {
    guard let value = values[name] else { preconditionFailure("every threshold has a value") }
    return value
  }
}
