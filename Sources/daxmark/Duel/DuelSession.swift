internal import Glibc
internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// A duel from its beginning to its verdict and its files.
struct DuelSession {
  let a: Duelist
  let b: Duelist
  let contests: DuelContests
  let options: DuelOptions
  let suite: String
  let failOnImprovement: Bool
  let isStrict: Bool
  let format: ReportFormat
  /// Where the cells on files are measured.
  let targets: LiveTargets
  /// Where the files go besides their own folder.
  let copy: String?

  /// Fights, tells, and writes.
  ///
  /// - Returns: the exit code.
  /// - Throws: `Failure` when a worker is lost before the first pair, or nothing can be written.
  func carryOut() throws(Failure) -> Int32 {
    let machine = RunFacts.machine(extra: targets.facts)
    let machineClass = RunFacts.value("class_name", in: machine)
    let notice = try SelfTestRecord.check(machineClass: machineClass)
    if contests.contests.isEmpty { return try tellNothingInCommon(notice) }
    let (advisory, floors) = SelfTestRecord.advice(
      machineClass: machineClass, for: contests.contests.map(\.cell))
    let identity = DuelIdentity(a: a.hash, b: b.hash, machine: machine)
    let earlier = try EarlierDuels(of: identity, now: Int(time(nil)))
    if let last = earlier.folders.last {
      try format.tell(
        "The same two sides met within the hour; their pairs count. The verdict of "
          + "\(last.path):\n\n\(last.verdict)\n")
    }
    // Before anything is measured: a folder that cannot be written must not cost a duel.
    var folders = try [DuelFolder(planningFor: a.shortName, b.shortName)] + copies()
    let started = Int(time(nil))
    var duel = DuelRun(
      contests: contests.contests, options: options, floors: floors, earlier: earlier.runs,
      confirmsImprovement: failOnImprovement)
    try fight(&duel)
    if duel.pairs.isEmpty, Interrupt.isRequested {
      throw Failure(.interrupted, "Interrupted before anything was measured.")
    }
    let outcome = outcome(of: duel, earlier, notice, advisory)
    var report = outcome.report
    report.isStrict = isStrict
    // What a cell or a worker lost is no verdict on it.
    if duel.loss != nil || duel.change != nil
      || duel.exceptions.values.contains(where: { $0.status == .error })
    {
      report.exitStatus = .toolError
    }
    let text = report.rendered(as: .text)
    let code = Interrupt.isRequested ? Failure.Kind.interrupted.rawValue : report.exitCode
    let facts =
      machine + a.facts(.a) + b.facts(.b) + identity.facts + [
        MachineFact("suite", suite), MachineFact("seed", String(options.seed)),
        MachineFact("core", String(options.core)),
        MachineFact("pairs", String(duel.pairs.count)),
        MachineFact("duel_started_unix", String(started)),
        MachineFact("duel_ended_unix", String(Int(time(nil)))),
        MachineFact("duel_complete", duel.isComplete ? "1" : "0"),
        MachineFact("contended", duel.contention == nil ? "0" : "1"),
        MachineFact("executable_changed", duel.change == nil ? "0" : "1"),
        MachineFact("environment_shifted", outcome.isEnvironmental ? "1" : "0"),
        MachineFact("fixed_layout", duel.hasFixedLayout ? "1" : "0"),
        MachineFact("exit_code", String(code)),
      ]
    for index in folders.indices {
      try folders[index].write(DuelRecord(machine: facts, pairs: duel.pairs), verdict: text)
    }
    // After the record: a report that cannot be written must not cost the pairs. That of a part
    // must not pass for one of the whole.
    if Interrupt.isRequested { try format.tell(text) } else { try format.write(report) }
    try format.tell(folders[0].path)
    return code
  }

  private func copies() throws(Failure) -> [DuelFolder] {
    try copy.map { path throws(Failure) in [try DuelFolder(planning: path)] } ?? []
  }

  private func fight(_ duel: inout DuelRun) throws(Failure) {
    var progress = Progress()
    defer { progress.clear() }
    var seen: [Int: Set<Cell>] = [:]
    do throws(RunError) {
      try duel.fight(
        observe: { event in
          var done = 0
          if case .measuring(let cell, let run, _, _) = event {
            done = seen[run]?.count ?? 0
            seen[run, default: []].insert(cell)
          }
          progress.show(event, done: done, of: contests.contests.count)
          return !Interrupt.isRequested
        },
        changed: { a.change(.a) ?? b.change(.b) })
    } catch {
      throw Failure(.tool, error.description)
    }
    progress.clear()
    for (cell, exception) in duel.exceptions.sorted(by: { $0.key.name < $1.key.name })
    where exception.status == .error {
      Terminal.note("daxmark: \(cell.name): \(exception.side.rawValue): \(exception.reason)")
    }
    for sentence in [duel.loss, duel.change].compactMap({ $0 }) {
      Terminal.note("daxmark: \(sentence)")
    }
  }

  private func outcome(
    of duel: DuelRun, _ earlier: EarlierDuels, _ notice: String?, _ advisory: [Cell: String]
  ) -> DuelOutcome {
    var notices = [notice].compactMap { $0 }
    if !earlier.folders.isEmpty {
      let count = earlier.folders.count
      notices.append(
        "The pairs of \(count) earlier invocation\(count == 1 ? "" : "s") of the last hour count.")
    }
    let causes = [duel.loss, duel.change].compactMap { $0 }
    notices += causes
    if !duel.isComplete, causes.isEmpty { notices.append("The duel was interrupted.") }
    notices += [duel.contention, duel.wallAdvice, duel.layoutNotice].compactMap { $0 }
    return DuelOutcome(
      cells: duel.cells, referenceShifts: duel.referenceShifts,
      notices: notices + contests.notices, sides: sides,
      unmatched: contests.unmatched + duel.unmatched, failOnImprovement: failOnImprovement,
      advisory: advisory)
  }

  private var sides: [GateReport.Side] {
    [
      GateReport.Side(label: "A", value: a.description),
      GateReport.Side(label: "B", value: b.description),
    ]
  }

  /// The report where no cell is on both sides: nothing is measured, and there is no folder.
  private func tellNothingInCommon(_ notice: String?) throws(Failure) -> Int32 {
    var report = DuelOutcome(
      cells: [], referenceShifts: [:], notices: [notice].compactMap { $0 } + contests.notices,
      sides: sides, unmatched: contests.unmatched
    ).report
    report.isStrict = isStrict
    try format.write(report)
    return report.exitCode
  }
}
