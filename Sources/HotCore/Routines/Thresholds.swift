internal import CPersist

/// The sizes, in bytes, at which `auto` changes its way.
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

  /// Puts the environment's values in force, once; the tables ask for it before they lend a routine.
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
