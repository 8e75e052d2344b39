import Plan

extension PairSample: RecordRow {
  static let file = RecordFile.pairs
  static let ownColumns = [
    "run", "pair", "order", "calls", "a_cpu_ns", "b_cpu_ns", "a_wall_ns", "b_wall_ns",
    "a_involuntary_switches", "b_involuntary_switches", "reference_a_cpu_ns", "reference_b_cpu_ns",
  ]

  func write(to row: inout RowWriter) {
    row.write(cell)
    row.write(run)
    row.write(pair)
    row.write(text: order.rawValue)
    row.write(calls)
    row.write(a.cpuNanoseconds)
    row.write(b.cpuNanoseconds)
    row.write(a.wallNanoseconds)
    row.write(b.wallNanoseconds)
    row.write(a.involuntarySwitches)
    row.write(b.involuntarySwitches)
    row.write(reference?.aCPUNanoseconds)
    row.write(reference?.bCPUNanoseconds)
  }

  init(from row: inout RowReader) throws(RecordError) {
    let cell = try row.cell()
    let run = try row.integer()
    let pair = try row.integer()
    let order = try row.word(Order.self)
    let calls = try row.integer(atLeast: 1)
    // A logarithm is taken of them.
    let cpu = (a: try row.integer(atLeast: 1), b: try row.integer(atLeast: 1))
    let wall = (a: try row.integer(), b: try row.integer())
    let switches = (a: try row.integer(), b: try row.integer())
    let reference = (a: try row.optionalInteger(atLeast: 1), b: try row.optionalInteger(atLeast: 1))
    self.init(
      cell: cell, run: run, pair: pair, order: order, calls: calls,
      a: Side(
        cpuNanoseconds: cpu.a, wallNanoseconds: wall.a, involuntarySwitches: switches.a),
      b: Side(
        cpuNanoseconds: cpu.b, wallNanoseconds: wall.b, involuntarySwitches: switches.b))
    if let a = reference.a, let b = reference.b {
      self.reference = Reference(aCPUNanoseconds: a, bCPUNanoseconds: b)
    } else if reference.a != nil || reference.b != nil {
      row.cursor -= 1
      throw row.error("a reference has a time on both sides or on none")
    }
    try row.claim(run: run, pair: pair)
  }
}
