public import Plan
public import Record

/// Cells that may not gate on a machine class, by what a self-test measured there.
public enum SelfTestAdvice {
  static let dispersionStep = "dispersion"
  static let layoutStep = "layout"
  static let sessions = "sessions"
  static let biasUnit = " bias_percent"
  static let layoutUnit = " shift_percent"

  /// A cell's name without the characters that separate values.
  static func name(of cell: Cell) -> String {
    String(cell.name.map { $0 == "=" || $0 == ";" ? ":" : $0 })
  }

  /// The steps that decide about cells.
  ///
  /// Of the self-tests within 30 days of the last one, the one with the most sessions decides about
  /// dispersion: a quick one knows less. The last layout probe decides about layout.
  private static func deciding(
    _ steps: [SelfTestStep]
  ) -> (dispersion: SelfTestStep?, layout: SelfTestStep?) {
    let newest = steps.map(\.startedUnix).max() ?? 0
    let recent = steps.filter { step in
      let (age, overflow) = newest.subtractingReportingOverflow(step.startedUnix)
      return step.version == SelfTestJudge.version && !overflow
        && age <= SelfTestStanding.secondsMaximum
    }
    func sessions(_ step: SelfTestStep) -> Double {
      step.values.first { $0.name == Self.sessions }?.number ?? 0
    }
    let dispersion = recent.filter { $0.step == dispersionStep }
      .max { (sessions($0), $0.startedUnix) < (sessions($1), $1.startedUnix) }
    let layout = recent.filter { $0.step == layoutStep && !$0.values.isEmpty }
      .max { $0.startedUnix < $1.startedUnix }
    return (dispersion, layout)
  }

  /// The starts of the self-tests that decide about cells.
  ///
  /// A record that is kept short must keep these.
  public static func deciding(in steps: [SelfTestStep]) -> Set<Int> {
    let (dispersion, layout) = deciding(steps)
    return Set([dispersion, layout].compactMap { $0?.startedUnix })
  }

  /// Floors of cells that where code lies moves by over half the floor: twice what it moved them.
  ///
  /// A change of the source lays other functions elsewhere, too.
  ///
  /// - Parameters:
  ///   - steps: The rows of `selftest.csv`.
  ///   - cells: The cells of a duel.
  /// - Returns: The relative changes below which these cells are never called changed.
  public static func floors(_ steps: [SelfTestStep], for cells: [Cell]) -> [Cell: Double] {
    let layout = deciding(steps).layout
    var floors: [Cell: Double] = [:]
    for cell in cells {
      let name = name(of: cell) + layoutUnit
      guard let shift = layout?.values.first(where: { $0.name == name })?.number else { continue }
      let floor = 2 * abs(shift) / 100
      if floor > DuelLimits().floor { floors[cell] = floor }
    }
    return floors
  }

  /// Why cells may not gate.
  ///
  /// - Parameters:
  ///   - steps: The rows of `selftest.csv`.
  ///   - cells: The cells of a duel.
  /// - Returns: The reasons, for those cells that have one.
  public static func reasons(_ steps: [SelfTestStep], for cells: [Cell]) -> [Cell: String] {
    let (dispersion, layout) = deciding(steps)
    var reasons: [Cell: String] = [:]
    for cell in cells {
      let name = name(of: cell)
      func value(_ step: SelfTestStep?, _ unit: String) -> Double? {
        step?.values.first { $0.name == name + unit }.map { $0.number / 100 }
      }
      if let shift = value(layout, layoutUnit), abs(shift) > DuelLimits().floor {
        reasons[cell] =
          "the self-test: where code lies alone moves it by \(Change.percent(shift, signed: false))"
      }
      if let bias = value(dispersion, biasUnit), bias > SelfTestJudge.biasMaximum {
        reasons[cell] =
          "the self-test: processes of one build differ by "
          + Change.percent(bias, signed: false) + " in it"
      }
    }
    return reasons
  }
}
