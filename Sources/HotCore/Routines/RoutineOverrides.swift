internal import Glibc

/// What the environment forces upon the routines, so that a big machine runs a small one's paths.
///
/// | variable | value |
/// |---|---|
/// | `DAXMARK_DISABLE` | features by name, and `avx512` for all of it: `avx512,clwb` |
/// | `DAXMARK_COPY` `DAXMARK_ZERO` `DAXMARK_COMPARE` | the routine `auto` stands for |
/// | `DAXMARK_FLUSH` | how `auto` writes back: an instruction, or `none` for persistent caches |
/// | `DAXMARK_THRESHOLDS` | `name=bytes,...`; the names are `Thresholds.names` |
public struct RoutineOverrides: Sendable, Equatable {
  /// Features taken away.
  public var disabled: Set<CPUFeatures.Feature> = []
  /// The routine `auto` stands for, for the operations that have one forced.
  public var copy: String?
  /// The same for zero.
  public var zero: String?
  /// The same for compare.
  public var compare: String?
  /// The write-back instruction of `auto`, or `none`.
  public var flush: String?
  /// Forced thresholds by name.
  public var thresholds: [String: Int] = [:]

  /// The variables that are read.
  public static let variables = [
    "DAXMARK_DISABLE", "DAXMARK_COPY", "DAXMARK_ZERO", "DAXMARK_COMPARE", "DAXMARK_FLUSH",
    "DAXMARK_THRESHOLDS",
  ]

  /// No overrides.
  public init() {}

  /// Reads overrides through a lookup of environment variables; an empty value counts as absent.
  ///
  /// - Throws: `OverrideError` for the first value that means nothing.
  public init(lookup: (String) -> String?) throws(OverrideError) {
    for word in Self.words(lookup("DAXMARK_DISABLE")) {
      let names = CPUFeatures.Feature.allCases.map(\.rawValue) + ["avx512"]
      if word == "avx512" {
        disabled.formUnion([.avx512f, .avx512bw])
      } else if let feature = CPUFeatures.Feature(rawValue: word) {
        disabled.insert(feature)
      } else {
        throw OverrideError(variable: "DAXMARK_DISABLE", value: word, known: names)
      }
    }
    copy = try Self.routine(
      lookup, "DAXMARK_COPY", CopyRoutine.names(durable: false) + CopyRoutine.names(durable: true))
    zero = try Self.routine(
      lookup, "DAXMARK_ZERO", ZeroRoutine.names(durable: false) + ZeroRoutine.names(durable: true))
    compare = try Self.routine(lookup, "DAXMARK_COMPARE", CompareRoutine.names())
    flush = try Self.routine(
      lookup, "DAXMARK_FLUSH", FlushRoutine.names().filter { $0 != "libpmem" && $0 != "auto" })
    for word in Self.words(lookup("DAXMARK_THRESHOLDS")) {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard let name = parts.first.map(String.init), Thresholds.names.contains(name) else {
        throw OverrideError(
          variable: "DAXMARK_THRESHOLDS", value: parts.first.map(String.init) ?? "",
          known: Thresholds.names)
      }
      guard parts.count == 2, let value = Int(parts[1]), value >= 0 else {
        throw OverrideError(variable: "DAXMARK_THRESHOLDS", value: word, known: ["\(name)=4096"])
      }
      thresholds[name] = value
    }
  }

  /// The overrides of this process's environment, or why they mean nothing.
  ///
  /// A program checks this before it measures; routines run without overrides on an error.
  public static let environment: Result<RoutineOverrides, OverrideError> = {
    do throws(OverrideError) {
      return .success(
        try RoutineOverrides { variable in
          // SAFETY: getenv returns nil or a terminated string; nothing changes the environment.
          guard let value = unsafe getenv(variable) else { return nil }
          return unsafe String(cString: value)
        })
    } catch {
      return .failure(error)
    }
  }()

  static var process: RoutineOverrides {
    switch environment {
    case .success(let overrides): overrides
    case .failure: RoutineOverrides()
    }
  }

  /// The features of a machine under these overrides.
  ///
  /// A forced write-back instruction hides the others from `auto` only, in `Selection`.
  func features(detected: Set<CPUFeatures.Feature>) -> CPUFeatures {
    CPUFeatures(detected: detected, disabled: disabled)
  }

  private static func words(_ list: String?) -> [String] {
    (list ?? "").split(separator: ",").map(String.init)
  }

  private static func routine(
    _ lookup: (String) -> String?, _ variable: String, _ known: [String]
  ) throws(OverrideError) -> String? {
    guard let name = lookup(variable), !name.isEmpty, name != "auto" else { return nil }
    guard known.contains(name) else {
      throw OverrideError(variable: variable, value: name, known: known)
    }
    return name
  }
}

/// An environment variable whose value means nothing.
public struct OverrideError: Error, Equatable, CustomStringConvertible {
  /// The variable.
  public let variable: String
  /// The part of its value that is unknown.
  public let value: String
  /// The known value nearest to it.
  public let nearest: String

  init(variable: String, value: String, known: [String]) {
    self.variable = variable
    self.value = value
    nearest = known.min { distance($0, value) < distance($1, value) } ?? ""
  }

  /// One sentence that says what to do.
  public var description: String {
    "\(variable): '\(value)' is unknown; did you mean '\(nearest)'?"
  }
}

/// The Levenshtein distance: how many letters to insert, delete or replace.
private func distance(_ left: String, _ right: String) -> Int {
  let b = Array(right.utf8)
  var row = Array(0...b.count)
  for (i, letter) in left.utf8.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let replaced = diagonal + (letter == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
