internal import Plan

/// A verdict for programs: FORMAT.md, reports.
extension GateReport {
  /// Version of the JSON format: another one when a name goes away or changes its meaning.
  static let jsonVersion = 1

  var json: JSONValue {
    .object([
      ("report_version", .whole(Self.jsonVersion)),
      ("verdict", .string(exitStatus.word)),
      ("exit_code", .whole(Int(exitCode))),
      ("strict", .flag(isStrict)),
      ("sentence", .string("\(headline): \(verdict)")),
      ("counts", .object([("gating", Self.counts(gating)), ("advisory", Self.counts(advisory))])),
      ("sides", .list(sides.map { Self.member("label", $0.label, "value", .string($0.value)) })),
      ("notices", .list(notices.map { .string($0) })),
      ("rows", .list(rows.map(json))),
      (
        "unmatched",
        .list(
          unmatched.map {
            Self.member("reason", $0.reason, "cells", .list($0.cells.map(Self.json)))
          })
      ),
    ])
  }

  private func json(_ row: VerdictRow) -> JSONValue {
    let change: JSONValue =
      row.change.map {
        .object([
          ("value", .number($0.value)), ("low", .number($0.low)), ("high", .number($0.high)),
        ])
      } ?? .null
    return .object([
      ("name", .string(row.cell.name)), ("tier", .string(row.tier.rawValue)),
      ("judgement", .string(row.judgement.rawValue)), ("advisory", .flag(row.isAdvisory)),
      ("fails", .flag(isFailure(row))), ("change", change), ("limit", JSONValue(row.limit)),
      ("reason", .string(row.reason)), ("cell", Self.json(row.cell)),
    ])
  }

  private static func counts(_ rows: [VerdictRow]) -> JSONValue {
    .object(
      Judgement.allCases.map { judgement in
        (judgement.rawValue, .whole(rows.filter { $0.judgement == judgement }.count))
      })
  }

  private static func member(
    _ name: String, _ text: String, _ other: String, _ value: JSONValue
  ) -> JSONValue {
    .object([(name, .string(text)), (other, value)])
  }

  /// The key columns of a cell; those that do not apply are null.
  private static func json(_ cell: Cell) -> JSONValue {
    .object(
      zip(Cell.keyColumns, cell.keyFields).map { column, field in
        if field.isEmpty { return (column, .null) }
        if column == "durable" { return (column, .flag(field == "1")) }
        let isNumber = column == "threads" || column.hasSuffix("_bytes")
        return (column, isNumber ? Int(field).map { .whole($0) } ?? .null : .string(field))
      })
  }
}

extension ExitStatus {
  /// The word that stands for it where a number would not do.
  var word: String {
    switch self {
    case .pass: "pass"
    case .toolError: "error"
    case .regressed: "regressed"
    case .inconclusive: "inconclusive"
    case .baselineUnusable: "baseline-unusable"
    case .selfTestFailed: "self-test-failed"
    case .improved: "improved"
    case .usage: "usage"
    }
  }
}
