/// How log ratios vary between moments, and between the processes of one moment.
struct MomentSpread {
  /// Mean log ratio of each moment.
  let momentMeans: [Double]
  /// Processes of the moment that has the fewest.
  let processesMinimum: Int
  /// Standard deviation of the moment means; nil below two moments.
  let betweenMoments: Double?
  /// Pooled standard deviation of processes within a moment; 0 when no moment has two.
  let betweenProcesses: Double

  init(_ ratios: [SampleTable.ProcessRatio]) {
    let moments = Dictionary(grouping: ratios, by: \.moment).sorted { $0.key < $1.key }
      .map { $0.value.map(\.logRatio) }
    momentMeans = moments.map(Spread.mean)
    processesMinimum = moments.map(\.count).min() ?? 0
    betweenMoments = Spread.standardDeviation(momentMeans)
    let freedom = ratios.count - moments.count
    let squares = moments.reduce(0.0) { total, values in
      let mean = Spread.mean(values)
      return total + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    betweenProcesses = freedom > 0 ? (squares / Double(freedom)).squareRoot() : 0
  }

  /// Standard deviation to expect of a candidate of one moment with `processes` workers.
  ///
  /// The deviation between moments was seen on means of `processesMinimum` processes; a candidate
  /// with fewer varies more, by what processes of one moment vary.
  func expectedDeviation(processes: Int) -> Double? {
    guard let betweenMoments, processes > 0, processesMinimum > 0 else { return nil }
    let missing = max(0, 1 / Double(processes) - 1 / Double(processesMinimum))
    return
      (betweenMoments * betweenMoments + betweenProcesses * betweenProcesses * missing)
      .squareRoot()
  }
}
