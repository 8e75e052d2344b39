import Foundation
import Plan

@testable import Verdict

/// Pairs of two identical kernels, timed on a shared machine; see scripts/golden/duel_pairs.py.
struct RecordedPairs: Sendable {
  /// What was compared: the sessions of one benchmark, in the order of time.
  struct Series: Sendable {
    let set: String
    let benchmark: String
    let effect: Double
    var logRatios: [[Double]]
  }

  let series: [Series]

  /// The subset that is checked in.
  static let golden = RecordedPairs(
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Golden/duel-pairs.csv"))

  init(_ file: URL) {
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    var series: [[String]: Series] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",").map(String.init)
      let times = fields[4...5].map { $0.split(separator: ";").compactMap { Double($0) } }
      let logRatios = zip(times[0], times[1]).map { Logarithm.log($1 / $0) }
      let key = [fields[0], fields[3], fields[2]]
      let empty = Series(
        set: fields[0], benchmark: fields[2], effect: Double(fields[3]) ?? .nan, logRatios: [])
      series[key, default: empty].logRatios.append(logRatios)
    }
    self.series = series.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
  }

  func count(_ set: String, effect: Double = 0) -> Int {
    selected(set, effect).reduce(0) { $0 + $1.logRatios.count }
  }

  private func selected(_ set: String, _ effect: Double) -> [Series] {
    series.filter { $0.set == set && $0.effect == effect }
  }

  /// Lets the rule loose on every session of a set, B's times scaled by `scale`.
  ///
  /// A fresh run is the next session of the same benchmark, the first following the last.
  func replay(_ set: String, effect: Double = 0, scale: Double = 1) -> Replay {
    var replay = Replay()
    for series in selected(set, effect) {
      let sessions = series.logRatios.map { $0.map { $0 + Logarithm.log(scale) } }
      for first in sessions.indices {
        // A recorded session has 30 pairs and no more.
        var cell = DuelCell(cell: .duel(), limits: .fixedRuns, familySize: 9)
        cell.run { number in sessions[(first + number) % sessions.count] }
        replay.pairs += cell.runs.reduce(0) { $0 + $1.count }
        replay.judgements[cell.judgement, default: 0] += 1
      }
    }
    return replay
  }
}

/// What the rule made of many comparisons.
struct Replay: CustomStringConvertible {
  var judgements: [Judgement: Int] = [:]
  var pairs = 0

  var count: Int { judgements.values.reduce(0, +) }
  var pairsEach: Double { Double(pairs) / Double(count) }

  func share(_ judgement: Judgement) -> Double { Double(self[judgement]) / Double(count) }

  subscript(judgement: Judgement) -> Int { judgements[judgement] ?? 0 }

  var description: String {
    let counts = Judgement.allCases.map { "\($0.rawValue) \(self[$0])" }.joined(separator: ", ")
    let each = (pairsEach * 10).rounded() / 10
    return "\(count) comparisons: \(counts); \(each) pairs each; \(share(.regressed)) regressed"
  }
}

extension Cell {
  /// A copy cell, one of any number.
  static func duel(_ number: Int = 0) -> Cell {
    var parameters = Parameters()
    parameters.sizeBytes = 64 * (number + 1)
    return Cell(
      suite: "copy", operation: .copy, engine: "core", routine: "auto", parameters: parameters)
  }
}

extension DuelCell {
  /// Gives the rule what it asks for from runs of enough pairs, until it is settled.
  mutating func run(from run: (Int) -> [Double]) {
    var number = 0
    while true {
      switch next {
      case .settled: return
      case .pairs(let count):
        let taken = runs[runs.count - 1].count
        add(Array(run(number)[taken..<taken + count]))
      case .freshRun:
        beginFreshRun()
        number += 1
      }
    }
  }
}
