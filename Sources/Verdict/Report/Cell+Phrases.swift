internal import Plan

/// The parameters of a cell in plain words.
extension Cell {
  /// The shape, one phrase for each parameter that applies; cells of one group share it.
  var phrases: [String] {
    let p = parameters
    let phrases: [String?] = [
      modelPhrase, workPhrase, p.access?.phrase, p.memory?.rawValue,
      p.pages?.byteCount.map { "\(ResultTable.Number.bytes($0)) pages" },
      p.mismatch?.phrase, sourcePhrase, p.cacheState?.phrase,
      p.threads > 1 ? "\(p.threads) threads" : nil, p.durable == true ? "durable" : nil,
      engine == "core" || engine == Cell.modelEngine ? nil : "\(engine) engine",
    ]
    return phrases.compactMap { $0 }
  }

  /// The shape in one line.
  var shapeInWords: String { phrases.joined(separator: ", ") }

  /// The model, with the suite where that is not the operation's own: its rows have equal shapes.
  private var modelPhrase: String? {
    guard engine == Cell.modelEngine else { return nil }
    return suite == operation.rawValue ? engine : "\(engine) \(suite)"
  }

  /// How many bytes, and where.
  private var workPhrase: String? {
    let p = parameters
    let bytes = ResultTable.Number.bytes
    let extents = p.extentBytes.map { " in \(bytes($0)) extents" } ?? ""
    guard let length = p.lengthBytes else { return p.sizeBytes.map { bytes($0) + extents } }
    let position = p.positionBytes.map { " at \($0)" } ?? ""
    let block = p.alignmentBytes.map { " of a \(bytes($0)) block" } ?? ""
    let file = p.sizeBytes.flatMap { $0 == p.alignmentBytes ? nil : ", \(bytes($0)) file" }
    return bytes(length) + position + block + (file ?? "") + extents
  }

  /// What is zeroed has no source; the state is that of the file's own blocks.
  private var sourcePhrase: String? {
    operation == .zero && parameters.sourceState == .mapped
      ? "shared" : parameters.sourceState?.phrase
  }
}

extension FaultAccess {
  fileprivate var phrase: String {
    switch self {
    case .readUntouched: "first read"
    case .firstWrite: "first write"
    case .writeAfterRead: "write after read"
    case .privateCow: "CoW of a file page"
    case .forkCow: "CoW after fork"
    case .readMapped: "read of data"
    case .writeMapped: "write to data"
    case .sharedCow: "CoW of a shared block"
    }
  }
}

extension Mismatch {
  fileprivate var phrase: String {
    switch self {
    case .none: "equal"
    case .first: "differs at byte 0"
    case .middle: "differs in the middle"
    case .last: "differs at the last byte"
    case .shared: "shared already"
    }
  }
}

extension SourceState {
  fileprivate var phrase: String {
    switch self {
    case .mapped: "mapped source"
    case .hole: "hole"
    case .unwritten: "unwritten source"
    }
  }
}

extension CacheState {
  /// Where the data are: `in L1`, `in the LLC`, `in memory`.
  var phrase: String {
    switch self {
    case .l1: "in L1"
    case .llc: "in LLC"
    case .memory: "in memory"
    }
  }
}
