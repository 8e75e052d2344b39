internal import CPersist

/// What this CPU and its operating system offer the routines, less what an override took away.
public struct CPUFeatures: Sendable, Equatable {
  /// One feature, by the name `/proc/cpuinfo` or the architecture manual gives it.
  public enum Feature: String, CaseIterable, Sendable {
    /// 128-bit integer vectors and streaming stores.
    case sse2
    /// Streaming stores from general registers.
    case movnti
    /// 256-bit integer vectors.
    case avx2
    /// 512-bit vectors.
    case avx512f
    /// 512-bit vectors of bytes.
    case avx512bw
    /// Fast `rep movsb`. A fact for the machine record: no routine asks for it.
    case erms
    /// Fast short `rep movsb`. A fact for the machine record: no routine asks for it.
    case fsrm
    /// Write back and drop a line, ordered.
    case clflush
    /// Write back and drop a line, unordered.
    case clflushopt
    /// Write back a line and perhaps keep it.
    case clwb
    /// Clean a line to the point of coherency (aarch64).
    case cvac
    /// Clean a line to the point of persistence (aarch64).
    case cvap

    var mask: UInt32 {
      switch self {
      case .sse2: cpersist_has_sse2.rawValue
      case .movnti: cpersist_has_movnti.rawValue
      case .avx2: cpersist_has_avx2.rawValue
      case .avx512f: cpersist_has_avx512f.rawValue
      case .avx512bw: cpersist_has_avx512bw.rawValue
      case .erms: cpersist_has_erms.rawValue
      case .fsrm: cpersist_has_fsrm.rawValue
      case .clflush: cpersist_has_clflush.rawValue
      case .clflushopt: cpersist_has_clflushopt.rawValue
      case .clwb: cpersist_has_clwb.rawValue
      case .cvac: cpersist_has_cvac.rawValue
      case .cvap: cpersist_has_cvap.rawValue
      }
    }

    /// What a CPU without this feature cannot have either: a level takes the levels above with it.
    var implied: [Feature] {
      switch self {
      case .sse2: [.movnti, .avx2, .avx512f, .avx512bw]
      case .avx2: [.avx512f, .avx512bw]
      case .avx512f: [.avx512bw]
      default: []
      }
    }
  }

  /// What CPUID and the operating system report.
  public let detected: Set<Feature>
  /// What was taken away, with everything that stands on it.
  public let disabled: Set<Feature>
  /// Whether somebody declared the caches persistent (`DAXMARK_FLUSH=none`).
  let persistentCaches: Bool

  /// The features of this machine under the process's overrides.
  public static let current = RoutineOverrides.process.features(detected: detect())

  /// The features a machine would have with these sets; for tests and dry runs.
  public init(
    detected: Set<Feature>, disabled: Set<Feature> = [], persistentCaches: Bool = false
  ) {
    self.detected = detected
    self.disabled = disabled.union(disabled.flatMap(\.implied))
    self.persistentCaches = persistentCaches
  }

  static func detect() -> Set<Feature> {
    let bits = cpersist_detect()
    return Set(Feature.allCases.filter { bits & $0.mask != 0 })
  }

  /// What routines may use.
  public var present: Set<Feature> { detected.subtracting(disabled) }

  /// Whether routines may use a feature.
  public func has(_ feature: Feature) -> Bool { present.contains(feature) }

  /// The best write-back instruction routines may use, or `none`.
  public var flushInstruction: String {
    if persistentCaches { return "none" }
    let order: [Feature] = [.clwb, .clflushopt, .clflush, .cvap, .cvac]
    return order.first(where: has)?.rawValue ?? "none"
  }

  /// The present features in table order, disabled ones in parentheses, for the machine record.
  public var description: String {
    Feature.allCases.compactMap { feature in
      guard detected.contains(feature) else { return nil }
      return disabled.contains(feature) ? "(\(feature.rawValue))" : feature.rawValue
    }.joined(separator: " ")
  }

  /// Why a routine with these needs cannot run, or nil when it can.
  func reason(lacking needs: UInt32) -> String? {
    if needs & cpersist_has_eadr.rawValue != 0, !persistentCaches {
      return "caches are not declared persistent"
    }
    let missing = Feature.allCases.filter { needs & $0.mask != 0 && !has($0) }
    if missing.isEmpty { return nil }
    let absent = missing.filter { !detected.contains($0) }
    func names(_ features: [Feature]) -> String {
      features.map(\.rawValue).joined(separator: ", ")
    }
    return absent.isEmpty
      ? "\(names(missing)) disabled by DAXMARK_DISABLE" : "this CPU has no \(names(absent))"
  }
}
