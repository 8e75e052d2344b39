import Plan
import Record

/// The timed batches of a run, by cell.
struct SampleTable {
  /// One batch's place in a run.
  private struct Place: Hashable {
    let moment: Int
    let process: Int
    let round: Int

    init(_ sample: Sample) {
      moment = sample.moment
      process = sample.process
      round = sample.round
    }
  }

  /// A cell's CPU time over its frozen reference's, in one round.
  struct Ratio {
    let moment: Int
    let process: Int
    let value: Double
  }

  /// The median log ratio of one worker process.
  struct ProcessRatio {
    let moment: Int
    let process: Int
    let logRatio: Double
  }

  private let samples: [Sample]
  private let indices: [Cell: [Int]]
  private let untimedIndices: [Cell: Int]
  /// Every cell met, timed or not, in order of appearance.
  let cells: [Cell]

  init(_ samples: [Sample]) {
    self.samples = samples
    var indices: [Cell: [Int]] = [:]
    var untimed: [Cell: Int] = [:]
    var cells: [Cell] = []
    for index in samples.indices {
      let cell = samples[index].cell
      if indices[cell] == nil {
        indices[cell] = []
        cells.append(cell)
      }
      if samples[index].status.isTimed {
        indices[cell, default: []].append(index)
      } else if untimed[cell] == nil {
        untimed[cell] = index
      }
    }
    self.indices = indices
    untimedIndices = untimed
    self.cells = cells
  }

  /// The timed batches of a cell, in file order.
  func timed(_ cell: Cell) -> [Sample] { (indices[cell] ?? []).map { samples[$0] } }

  /// The first batch of a cell that could not be timed.
  func untimed(_ cell: Cell) -> Sample? { untimedIndices[cell].map { samples[$0] } }

  /// Median thread CPU nanoseconds of one call, nil without timed batches.
  func cpuPerCall(_ cell: Cell) -> Double? {
    let values = timed(cell).map(\.cpuPerCall)
    return values.isEmpty ? nil : OrderStatistics.median(values)
  }

  /// The ratios to the frozen reference, one for each round that timed both.
  func ratios(_ cell: Cell) -> [Ratio] {
    guard let reference = cell.reference, let referenceIndices = indices[reference] else {
      return []
    }
    var references: [Place: Double] = [:]
    for index in referenceIndices { references[Place(samples[index])] = samples[index].cpuPerCall }
    return timed(cell).compactMap { sample in
      guard let base = references[Place(sample)], base > 0, sample.cpuNanoseconds > 0 else {
        return nil
      }
      return Ratio(
        moment: sample.moment, process: sample.process, value: sample.cpuPerCall / base)
    }
  }

  /// The median log ratio of each worker process, by moment and process.
  func processRatios(_ cell: Cell) -> [ProcessRatio] {
    Self.byProcess(ratios(cell))
  }

  static func byProcess(_ ratios: [Ratio]) -> [ProcessRatio] {
    var values: [Int: [Int: [Double]]] = [:]
    for ratio in ratios {
      values[ratio.moment, default: [:]][ratio.process, default: []].append(ratio.value)
    }
    return values.sorted { $0.key < $1.key }.flatMap { moment, processes in
      processes.sorted { $0.key < $1.key }.map { process, values in
        ProcessRatio(
          moment: moment, process: process,
          logRatio: Logarithm.log(OrderStatistics.median(values)))
      }
    }
  }
}
