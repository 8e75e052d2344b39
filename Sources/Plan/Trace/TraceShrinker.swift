/// Makes a failing trace short: fewer steps first, then smaller numbers.
///
/// Source: Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", 2002.
public struct TraceShrinker {
  /// The shortest failing steps so far.
  public private(set) var steps: [TraceStep]
  /// Trials left.
  private var budget: Int

  /// A shrinker of steps that fail.
  ///
  /// - Parameters:
  ///   - steps: The steps.
  ///   - trialLimit: How often the steps may be run.
  public init(_ steps: [TraceStep], trialLimit: Int = 2000) {
    self.steps = steps
    budget = trialLimit
  }

  /// Shrinks until nothing can be left out and no number made smaller.
  ///
  /// - Parameter fails: Whether steps fail as the first ones did.
  public mutating func shrink(_ fails: ([TraceStep]) -> Bool) {
    var before: [TraceStep] = []
    while before != steps, budget > 0 {
      before = steps
      removeSteps(fails)
      removeFiles(fails)
      shrinkNumbers(fails)
    }
  }

  private mutating func keeps(_ candidate: [TraceStep], _ fails: ([TraceStep]) -> Bool) -> Bool {
    guard budget > 0, candidate != steps else { return false }
    budget -= 1
    guard fails(candidate) else { return false }
    steps = candidate
    return true
  }

  /// Runs of steps go, long runs first.
  private mutating func removeSteps(_ fails: ([TraceStep]) -> Bool) {
    var length = max(steps.count / 2, 1)
    while true {
      // From the end: what comes late depends on what comes early.
      var end = steps.count
      while end > 0 {
        let start = max(end - length, 0)
        var candidate = steps
        candidate.removeSubrange(start..<end)
        _ = keeps(candidate, fails)
        end = min(start, steps.count)
      }
      if length == 1 || budget <= 0 { return }
      length = max(length / 2, 1)
    }
  }

  /// One file takes the place of another.
  private mutating func removeFiles(_ fails: ([TraceStep]) -> Bool) {
    let names = Set(steps.flatMap(\.files)).sorted()
    for old in names.reversed() {
      for new in Set(names).union(["a", "b", "c"]).sorted() where new < old {
        let candidate = steps.map { step in
          var step = step
          step.files = step.files.map { $0 == old ? new : $0 }
          return step
        }
        if keeps(candidate, fails) { break }
      }
    }
  }

  private mutating func shrinkNumbers(_ fails: ([TraceStep]) -> Bool) {
    for index in steps.indices {
      for place in steps[index].numbers.indices {
        let isCount =
          steps[index].verb.operands.filter { $0 != .file }[place] == .byteCount
        for number in Self.smaller(steps[index].numbers[place]) where !isCount || number > 0 {
          var candidate = steps
          candidate[index].numbers[place] = number
          if keeps(candidate, fails) { break }
        }
      }
    }
  }

  /// Simpler numbers in the place of one, the simplest first.
  static func smaller(_ number: Int) -> [Int] {
    let candidates = [
      0, 1, 2, 4096, 8192, number & ~4095, number / 2 & ~4095, number / 2, number - number / 4,
      number - number / 16, number - number / 64, number - 4096, number - number / 256, number - 1,
    ]
    var seen: Set<Int> = [number]
    return candidates.filter { $0 >= 0 && $0 < number && seen.insert($0).inserted }
  }
}
