internal import Plan
internal import Record

extension ResultTable {
  /// Rows that differ only in their routine, skipped ones left out: measured rows from the fastest,
  /// then those that went wrong.
  struct Group {
    let key: Cell
    let rows: [CellResult]

    /// The groups of a run's questions, in the order in which they first appear.
    static func all(of cells: [CellResult]) -> [Group] {
      var order: [Cell] = []
      var members: [Cell: [CellResult]] = [:]
      for row in cells where !row.cell.operation.isHarness && row.status != .skipped {
        let key = row.cell.group
        if members[key] == nil { order.append(key) }
        members[key, default: []].append(row)
      }
      return order.map { Group(key: $0, rows: members[$0] ?? []) }
    }

    init(key: Cell, rows: [CellResult]) {
      self.key = key
      let measured = rows.filter { $0.measured != nil }.sorted {
        ($0.measured ?? 0, $0.cell.routine) < ($1.measured ?? 0, $1.cell.routine)
      }
      self.rows = measured + rows.filter { $0.measured == nil }
    }

    /// The fastest routine that does the work, or nil when none was measured.
    ///
    /// Flushing by `none` writes nothing back: it is the cost of the loop, not a contender.
    var best: CellResult? {
      rows.first { $0.measured != nil && !$0.isIdle }
    }

    /// The row of the routine that chooses by itself.
    var auto: CellResult? { rows.first { $0.cell.routine == "auto" && $0.measured != nil } }

    /// Whether a best routine means anything: at least two were measured that do the same.
    ///
    /// Routines of the model are profiles and designs, those on files promises to the caller: some
    /// are quicker because they do less.
    var isContest: Bool {
      key.engine != Cell.modelEngine && !key.isOnFilesystem
        && rows.filter { $0.measured != nil && !$0.isIdle }.count > 1
    }

    /// How a row stands in its group.
    func mark(of row: CellResult) -> Mark {
      if row.measured == nil { return .failed }
      guard isContest, let best, !row.isIdle else { return .none }
      if row.cell == best.cell { return .best }
      return row.isTied(with: best) ? .tied : .none
    }

    /// `auto 1.02× of best`, or nil without a contest that `auto` takes part in.
    var autoDistance: String? {
      guard isContest, let best, let auto, let time = auto.measured, let least = best.measured
      else { return nil }
      if auto.cell == best.cell { return "auto is best" }
      let distance = least > 0 ? "auto \(Number.fixed(time / least, 2))× of best" : "auto"
      return auto.isTied(with: best) ? distance + ", tied" : distance
    }
  }

  /// The mark before a row.
  enum Mark: String {
    case none = " "
    case best = "★"
    case tied = "="
    case failed = "✗"
    case contended = "!"
  }
}

extension CellResult {
  /// Whether the row does none of the work of its group.
  fileprivate var isIdle: Bool { cell.operation == .flush && cell.routine == "none" }
}
