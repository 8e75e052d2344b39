internal import Verdict

/// How far a self-test is: cells of first runs, over all of its steps.
///
/// A gate run of an injection takes about thrice as long as one of equal builds, for all of its
/// cells need fresh runs; the time left is therefore counted in what gate runs cost.
struct SelfTestProgress {
  /// Gate runs against each other layout.
  static let layoutRuns = 3

  /// What the gate runs cost, in order; a gate run of equal builds costs 1.
  private let costs: [Double]
  private let whole: Double
  private var gateRuns = 0
  private var spent = 0.0
  private var progress = Progress()

  init(plan: SelfTestPlan, isRecording: Bool, layouts: Int) {
    func costs(_ count: Int, _ each: Double) -> [Double] { [Double](repeating: each, count: count) }
    let share = 1 / Double(plan.cellStride)
    var all = costs(plan.sameRuns, isRecording ? 7 : 1)
    for injection in plan.injections {
      all += costs(injection.gateRuns, share * (injection.permille > 10 ? 3 : 1.3))
    }
    all += costs(plan.neighbourSameRuns, 1.5)
    all += costs(plan.neighbourInjection.gateRuns, share * 4)
    all += costs(plan.swapped.gateRuns, share)
    all += costs(layouts * Self.layoutRuns, 1)
    self.costs = all
    whole = max(all.reduce(0, +), 1)
  }

  /// Shows where it is, within the session whose first runs have so many cells done; each of its
  /// gate runs has `cellCount`, which is not 0.
  mutating func show(_ phase: String, cellsDone: Int, of cellCount: Int) {
    let whole = costs.dropFirst(gateRuns).prefix(cellsDone / cellCount).reduce(0, +)
    let part = costs.dropFirst(gateRuns + cellsDone / cellCount).first ?? 0
    let here = whole + part * Double(cellsDone % cellCount) / Double(cellCount)
    progress.show("self-test", phase, done: Int(spent + here), of: Int(self.whole))
  }

  /// A session is done.
  mutating func advance(gateRuns count: Int) {
    spent += costs.dropFirst(gateRuns).prefix(count).reduce(0, +)
    gateRuns += count
  }

  /// Removes the line.
  mutating func clear() { progress.clear() }
}
