/// Everything that the folder of a duel holds, but for the verdict in words.
public struct DuelRecord: Equatable, Sendable {
  /// What was measured on, with what, when; in file order.
  public var machine: [MachineFact]
  /// Every pair, in the order measured.
  public var pairs: [PairSample]

  /// A record from its parts.
  public init(machine: [MachineFact], pairs: [PairSample]) {
    self.machine = machine
    self.pairs = pairs
  }

  /// The files of a duel's folder.
  public static let files: [RecordFile] = [.pairs, .machine]

  /// The UTF-8 bytes of one of the files.
  public func encoded(_ file: RecordFile) -> [UInt8] {
    file == .pairs ? PairSample.encode(pairs) : MachineFact.encode(machine)
  }

  /// Reads a duel from the UTF-8 bytes of its files.
  ///
  /// - Parameter contents: Gives the bytes of a file, or throws why it cannot be read.
  /// - Throws: `RecordError` with file, line and column of the first thing wrong.
  public init(
    contents: (RecordFile) throws(RecordError) -> [UInt8]
  ) throws(RecordError) {
    self.init(
      machine: try MachineFact.decode(try contents(.machine)),
      pairs: try PairSample.decode(try contents(.pairs)))
    // A file cut at a line end looks whole; the count tells.
    if let said = fact("pairs"), said != String(pairs.count) {
      throw RecordError(
        file: .pairs, column: "pair",
        reason: "\(pairs.count) pairs where machine.csv counts \(said): one of the files is cut off"
      )
    }
  }

  /// Reads the facts of a duel alone.
  ///
  /// - Parameter bytes: The UTF-8 bytes of its `machine.csv`.
  /// - Returns: The facts, in their order.
  /// - Throws: `RecordError` with line and column of the first thing wrong.
  public static func facts(_ bytes: [UInt8]) throws(RecordError) -> [MachineFact] {
    try MachineFact.decode(bytes)
  }

  /// The value of a machine fact, or nil.
  public func fact(_ name: String) -> String? { machine.first { $0.name == name }?.value }
}
