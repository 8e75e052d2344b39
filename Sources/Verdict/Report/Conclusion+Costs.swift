internal import Plan
internal import Record

/// What things cost: the edge write, the page fault.
extension Conclusion {
  /// A small durable write into a shared block, against libpmem and the kernel's own sequence.
  ///
  /// The shape nearest to 512 bytes at 1000 in a 4 KiB block with its source in memory is taken.
  static func edgeWrite(_ groups: [ResultTable.Group]) -> String? {
    func distance(_ key: Cell) -> Int {
      let p = key.parameters
      var distance = abs((p.lengthBytes ?? 0) - 512) + abs((p.positionBytes ?? 0) - 1000)
      if p.alignmentBytes != 4096 { distance += 1 << 22 }
      if p.sourceState != .mapped { distance += 1 << 23 }
      if p.cacheState != .memory { distance += 1 << 24 }
      return distance
    }
    let candidates = groups.filter {
      $0.key.operation == .cowEdge && $0.key.parameters.durable == true && $0.best != nil
        && $0.key.engine != Cell.modelEngine && $0.key.parameters.threads == 1
    }
    guard let group = candidates.min(by: { distance($0.key) < distance($1.key) }),
      let leader = group.leader, let cost = leader.measured
    else { return nil }
    var others: [String] = []
    for (prefix, words) in [
      ("auto", "auto"), ("libpmem", "the best way through libpmem"),
      ("kernel", "the kernel's own sequence"),
    ] where !leader.cell.routine.hasPrefix(prefix) {
      if let rival = group.rows.first(where: {
        $0.measured != nil && $0.cell.routine.hasPrefix(prefix)
      }), let ratio = ratio(of: rival, to: leader) {
        others.append("\(words) \(ratio)")
      }
    }
    let model = groups.lazy.flatMap(\.rows).first {
      $0.cell.routine == "auto" && $0.cell.suite == group.key.suite
        && $0.cell.coreCounterpart?.group == group.key
    }
    if let model, let ratio = ratio(of: model, to: leader) {
      others.append("the same through a whole user-space filesystem \(ratio)")
    }
    let p = group.key.parameters
    let position = p.positionBytes.map { " at position \($0)" } ?? ""
    let block = (p.alignmentBytes ?? p.sizeBytes).map {
      " into a \(ResultTable.Number.bytes($0)) block"
    }
    let write = "A durable write of \(p.lengthBytes ?? 0) bytes\(position)\(block ?? "")"
    let source = p.sourceState.map { $0 == .mapped ? " that shares its data" : " over a \($0)" }
    let rest = others.isEmpty ? "" : "; " + list(others)
    return write + (source ?? "") + " costs \(time(cost)) here by \(leader.cell.routine)" + rest
      + "."
  }

  /// What a fault on a 4 KiB page costs in the main classes, and what copying that page costs.
  static func faults(_ groups: [ResultTable.Group]) -> String? {
    let classes: [(FaultAccess, String)] = [
      (.firstWrite, "for the first write"), (.privateCow, "for the private copy of a file page"),
      (.forkCow, "for the copy after a fork"),
    ]
    let parts = classes.compactMap { access, words -> String? in
      let cost = groups.lazy.filter { isBasePageFault($0.key, access) }
        .compactMap { $0.best?.measuredPerFault }.first
      return cost.map { "\(time($0)) \(words)" }
    }
    if parts.isEmpty { return nil }
    let copies = groups.filter {
      $0.key.operation == .copy && $0.key.parameters.sizeBytes == 4096 && $0.best != nil
        && $0.key.parameters.durable != true && $0.key.parameters.threads == 1
    }
    let copy = copies.first { $0.key.parameters.cacheState == .memory } ?? copies.first
    let sentence = "A fault on a 4 KiB page costs \(list(parts))"
    guard let leader = copy?.leader, let cost = leader.measured else { return sentence + "." }
    let cache = leader.cell.parameters.cacheState.map { " \($0.phrase)" } ?? ""
    return sentence + ", where copying 4 KiB\(cache) costs \(time(cost))."
  }

  private static func isBasePageFault(_ key: Cell, _ access: FaultAccess) -> Bool {
    let p = key.parameters
    return key.operation == .fault && key.engine != Cell.modelEngine && p.access == access
      && p.threads == 1 && p.pages == .base
      && (access == .privateCow || p.memory == nil || p.memory == .anonymous)
  }
}

extension ResultTable.Group {
  /// The row to name as the quickest: `auto` where nothing is measurably faster, else the best.
  var leader: CellResult? {
    guard let best else { return nil }
    if let auto, auto.isTied(with: best) { return auto }
    return best
  }
}

extension CellResult {
  /// Nanoseconds of one page fault, by the faults that one call was expected to take.
  fileprivate var measuredPerFault: Double? {
    guard let measured else { return nil }
    guard let faultsExpected, let calls, let batches, faultsExpected > 0, calls > 0, batches > 0
    else { return measured }
    return measured * Double(calls) * Double(batches) / Double(faultsExpected)
  }
}
