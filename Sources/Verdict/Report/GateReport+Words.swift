internal import Plan

/// What all formats for people say alike.
extension GateReport {
  /// Rows of one judgement, in the order in which a person wants them.
  struct Group {
    let judgement: Judgement
    let rows: [VerdictRow]
  }

  /// Rows that decide the exit code.
  var gating: [VerdictRow] { rows.filter { !$0.isAdvisory } }

  /// Rows that are only shown.
  var advisory: [VerdictRow] { rows.filter(\.isAdvisory) }

  /// Rows by judgement: regressed, then what is open, then improved; passes last.
  static func groups(_ rows: [VerdictRow]) -> [Group] {
    let order: [Judgement] = [.regressed, .inconclusive, .refused, .improved, .pass]
    return order.compactMap { judgement in
      let own = rows.filter { $0.judgement == judgement }
      return own.isEmpty ? nil : Group(judgement: judgement, rows: own)
    }
  }

  /// The verdict in capitals: the first word of every format for people.
  var headline: String {
    switch exitStatus {
    case .pass: "PASS"
    case .regressed: hasRegressed ? "REGRESSED" : "CHANGED"
    case .improved: "IMPROVED"
    case .inconclusive: "INCONCLUSIVE"
    case .baselineUnusable: "REFUSED"
    case .selfTestFailed: "SELF-TEST FAILED"
    case .toolError, .usage: "ERROR"
    }
  }

  /// The verdict in a sentence.
  var verdict: String {
    let count = gating.filter { $0.judgement == judgementOfVerdict }.count
    let some = "\(count) of \(Self.counted(gating.count, "gating result"))"
    switch exitStatus {
    case .pass: return "nothing that may gate is slower than \(older)."
    case .regressed where hasRegressed:
      return "\(some) \(count == 1 ? "is" : "are") slower or costlier than \(older), confirmed."
    case .regressed: return "\(some) differ from \(older) in exact counts, which fell."
    case .improved:
      return "\(some) \(count == 1 ? "is" : "are") faster than \(older), confirmed."
    case .inconclusive:
      return isStrict
        ? "not decided, which --strict counts as a failure; the reasons follow."
        : "not decided; the reasons follow."
    case .baselineUnusable: return "the baseline cannot be used."
    case .selfTestFailed: return "the gate does not judge on this machine."
    case .toolError, .usage: return "there is no verdict."
    }
  }

  private var hasRegressed: Bool { gating.contains { $0.judgement == .regressed } }

  private var judgementOfVerdict: Judgement {
    exitStatus == .improved || !hasRegressed ? .improved : .regressed
  }

  /// What the others are compared with, in words.
  private var older: String {
    guard let label = sides.first?.label, label != "baseline" else { return "the baseline" }
    return label
  }

  /// How many rows of each tier pass.
  var tally: String {
    let parts = Tier.allCases.compactMap { tier -> String? in
      let own = gating.filter { $0.tier == tier }
      if own.isEmpty { return nil }
      let passed = own.filter { $0.judgement == .pass }.count
      return "\(tier.rawValue): \(passed) of \(own.count) pass"
    }
    return parts.isEmpty ? "No cell may gate." : parts.joined(separator: "; ") + "."
  }

  /// `1 cell`, `2 cells`.
  static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

extension VerdictRow {
  /// `+4.1 % [+3.2 %, +5.0 %]`, or nothing.
  var changeInWords: String {
    guard let change else { return "" }
    let interval = "[\(Change.percent(change.low)), \(Change.percent(change.high))]"
    return "\(Change.percent(change.value)) \(interval)"
  }

  /// `3.0 %`, or nothing.
  var limitInWords: String { limit.map { Change.percent($0, signed: false) } ?? "" }
}
