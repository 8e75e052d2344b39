/// The text form of a cell: the key columns of every CSV file, and the one-line name people read.
extension Cell {
  /// The key columns, in file order.
  public static let keyColumns = [
    "suite", "operation", "engine", "routine", "size_bytes", "position_bytes", "length_bytes",
    "alignment_bytes", "extent_bytes", "source_state", "durable", "cache_state", "memory", "pages",
    "access", "threads", "mismatch",
  ]

  /// The key fields, aligned with `keyColumns`; a parameter that does not apply is empty.
  public var keyFields: [String] {
    let p = parameters
    return [
      suite, operation.rawValue, engine, routine, text(p.sizeBytes), text(p.positionBytes),
      text(p.lengthBytes), text(p.alignmentBytes), text(p.extentBytes),
      p.sourceState?.rawValue ?? "", p.durable.map { $0 ? "1" : "0" } ?? "",
      p.cacheState?.rawValue ?? "", p.memory?.rawValue ?? "", p.pages?.rawValue ?? "",
      p.access?.rawValue ?? "", String(p.threads), p.mismatch?.rawValue ?? "",
    ]
  }

  /// Reads a cell back from its key fields.
  ///
  /// - Throws: `CellKeyError` naming the first column that cannot be read.
  public init(keyFields fields: [String]) throws(CellKeyError) {
    precondition(fields.count == Cell.keyColumns.count, "one field for each key column")
    guard !fields[0].isEmpty else { throw CellKeyError(column: Cell.keyColumns[0], value: "") }
    guard let operation: Operation = try word(fields, 1) else {
      throw CellKeyError(column: Cell.keyColumns[1], value: fields[1])
    }
    for index in [2, 3] where fields[index].isEmpty {
      throw CellKeyError(column: Cell.keyColumns[index], value: "")
    }
    var p = Parameters()
    p.sizeBytes = try number(fields, 4)
    p.positionBytes = try number(fields, 5)
    p.lengthBytes = try number(fields, 6)
    p.alignmentBytes = try number(fields, 7)
    p.extentBytes = try number(fields, 8)
    p.sourceState = try word(fields, 9)
    switch fields[10] {
    case "": p.durable = nil
    case "0": p.durable = false
    case "1": p.durable = true
    default: throw CellKeyError(column: Cell.keyColumns[10], value: fields[10])
    }
    p.cacheState = try word(fields, 11)
    p.memory = try word(fields, 12)
    p.pages = try word(fields, 13)
    p.access = try word(fields, 14)
    guard let threads = try number(fields, 15), threads > 0 else {
      throw CellKeyError(column: Cell.keyColumns[15], value: fields[15])
    }
    p.threads = threads
    p.mismatch = try word(fields, 16)
    self.init(
      suite: fields[0], operation: operation, engine: fields[2], routine: fields[3], parameters: p)
  }

  /// A one-line name: `cow-edge core auto size=4096 position=1000 length=512 durable`.
  public var name: String {
    "\(operation.rawValue) \(engine) \(routine)" + (shape.isEmpty ? "" : " " + shape)
  }

  /// The parameters in one line, the routine left out: what cells of one group share.
  public var shape: String {
    let p = parameters
    var parts: [String] = []
    func add<T>(_ label: String, _ value: T?) {
      if let value { parts.append("\(label)=\(value)") }
    }
    add("size", p.sizeBytes.map(Cell.bytes))
    add("position", p.positionBytes)
    add("length", p.lengthBytes)
    if let alignment = p.alignmentBytes { add("align", Cell.bytes(alignment)) }
    add("extent", p.extentBytes.map(Cell.bytes))
    add("source", p.sourceState?.rawValue)
    add("access", p.access?.rawValue)
    add("memory", p.memory?.rawValue)
    if let pages = p.pages, pages != .any { add("pages", pages.byteCount.map(Cell.bytes)) }
    add("mismatch", p.mismatch.flatMap { $0 == .none ? nil : $0.rawValue })
    add("cache", p.cacheState?.rawValue)
    if p.threads > 1 { add("threads", p.threads) }
    if p.durable == true { parts.append("durable") }
    return parts.joined(separator: " ")
  }

  /// A byte count as people say it, exact: `512`, `4KiB`, `2MiB`.
  public static func bytes(_ count: Int) -> String {
    if count >= 1 << 30, count % (1 << 30) == 0 { return "\(count >> 30)GiB" }
    if count >= 1 << 20, count % (1 << 20) == 0 { return "\(count >> 20)MiB" }
    if count >= 1 << 10, count % (1 << 10) == 0 { return "\(count >> 10)KiB" }
    return String(count)
  }
}

/// A key field that cannot be read back.
public struct CellKeyError: Error, Equatable {
  /// The column's name.
  public let column: String
  /// What stood there.
  public let value: String

  /// An error for one column.
  public init(column: String, value: String) {
    self.column = column
    self.value = value
  }
}

private func text(_ number: Int?) -> String { number.map(String.init) ?? "" }

private func number(_ fields: [String], _ index: Int) throws(CellKeyError) -> Int? {
  if fields[index].isEmpty { return nil }
  // Digits alone: Int would also read a sign, and one cell would have two spellings.
  guard fields[index].utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
    let value = Int(fields[index])
  else {
    throw CellKeyError(column: Cell.keyColumns[index], value: fields[index])
  }
  return value
}

private func word<Word: RawRepresentable<String>>(
  _ fields: [String], _ index: Int
) throws(CellKeyError) -> Word? {
  if fields[index].isEmpty { return nil }
  guard let value = Word(rawValue: fields[index]) else {
    throw CellKeyError(column: Cell.keyColumns[index], value: fields[index])
  }
  return value
}
