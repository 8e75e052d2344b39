internal import Record

/// The folder of a duel: `results/duels/<utc>-<A>-<B>/`.
struct DuelFolder {
  static let root = "results/duels"
  private static let verdictName = "verdict.txt"

  /// Where it is, or will be.
  private(set) var path: String
  /// Whether the name is ours to choose.
  private let isNumbered: Bool

  /// A new folder under the root, which is made when there is something to write.
  ///
  /// - Parameters:
  ///   - a: The name of the baseline; what fits no file name is left out.
  ///   - b: The name of the candidate.
  ///   - root: Where it will be made.
  /// - Throws: `Failure` when it cannot be made.
  init(planningFor a: String, _ b: String, in root: String = DuelFolder.root) throws(Failure) {
    let name = "\(root)/\(Results.utc())-\(Self.plain(a))-\(Self.plain(b))"
    path = Results.unused(name)
    isNumbered = true
    try check()
  }

  /// A folder that a person named, which is made when there is something to write.
  init(planning path: String) throws(Failure) {
    self.path = path
    isNumbered = false
    try check()
  }

  /// Makes sure that it can be written, before anything is measured, and leaves nothing there.
  private func check() throws(Failure) {
    for name in DuelRecord.files.map(\.rawValue) where FileSystem.exists("\(path)/\(name)") {
      throw Failure(
        .tool, "The folder '\(path)' already holds results, which are kept; choose another.")
    }
    do throws(POSIXFailure) {
      try FileSystem.tryFolder(path)
    } catch {
      throw Failure(.tool, "The folder '\(path)' cannot be written: \(error.text).")
    }
  }

  /// An existing folder.
  init(existing path: String) {
    self.path = path
    isNumbered = false
  }

  /// Writes the record and the verdict, all files or none.
  mutating func write(_ record: DuelRecord, verdict: String) throws(Failure) {
    // Another duel of the same sides may have begun in the same second.
    if isNumbered { path = Results.unused(path) }
    var files = DuelRecord.files.map { ("\(path)/\($0.rawValue)", record.encoded($0)) }
    files.append(("\(path)/\(Self.verdictName)", Array((verdict + "\n").utf8)))
    var current = path
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(path)
      for (name, bytes) in files {
        current = name
        try FileSystem.stage(name, bytes)
      }
      for (name, _) in files {
        current = name
        try FileSystem.commit(name)
      }
    } catch {
      for (name, _) in files { FileSystem.unstage(name) }
      FileSystem.removeEmptyFolder(path)
      throw Failure(.tool, "'\(current)' could not be written: \(error.text).")
    }
    try? FileSystem.sync(folder: path)
  }

  /// The facts alone, or nothing where they cannot be read.
  var facts: [MachineFact] {
    let bytes = (try? FileSystem.read("\(path)/\(RecordFile.machine.rawValue)")) ?? []
    return (try? DuelRecord.facts(bytes)) ?? []
  }

  /// Reads a duel.
  ///
  /// - Throws: `Failure` naming the file, and where in it the fault lies.
  func load() throws(Failure) -> DuelRecord {
    do throws(RecordError) {
      return try DuelRecord { (file) throws(RecordError) in
        do throws(POSIXFailure) {
          return try FileSystem.read("\(path)/\(file.rawValue)")
        } catch {
          throw RecordError(file: file, reason: "cannot be read: \(error.text)")
        }
      }
    } catch {
      throw Failure(.tool, "\(path)/\(error.description).")
    }
  }

  /// The verdict in words, as it was printed.
  var verdict: String {
    let bytes = (try? FileSystem.read("\(path)/\(Self.verdictName)")) ?? []
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }

  private static func plain(_ label: String) -> String {
    let text = label.map { character in
      character.isASCII && (character.isLetter || character.isNumber || "._".contains(character))
        ? character : "-"
    }
    return String(text.suffix(40))
  }
}
