internal import Record

/// The folder of a duel: `results/duels/<utc>-<A>-<B>/`.
struct DuelFolder {
  static let root = "results/duels"
  private static let verdictName = "verdict.txt"

  let path: String

  /// Claims a new folder under the root.
  ///
  /// - Parameters:
  ///   - a: The name of the baseline; what fits no file name is left out.
  ///   - b: The name of the candidate.
  ///   - root: Where it is made.
  /// - Throws: `Failure` when it cannot be made.
  init(creatingFor a: String, _ b: String, in root: String = DuelFolder.root) throws(Failure) {
    let name = Results.unused(
      "\(root)/\(Results.utc())-\(Self.plain(a))-\(Self.plain(b))")
    try self.init(creating: name)
  }

  /// Claims a folder, before anything is measured.
  init(creating path: String) throws(Failure) {
    self.path = path
    for name in DuelRecord.files.map(\.rawValue) where FileSystem.exists("\(path)/\(name)") {
      throw Failure(
        .tool, "The folder '\(path)' already holds results, which are kept; choose another.")
    }
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(path)
    } catch {
      throw Failure(.tool, "The folder '\(path)' cannot be written: \(error.text).")
    }
  }

  /// An existing folder.
  init(existing path: String) { self.path = path }

  /// Writes the record and the verdict, all files or none.
  func write(_ record: DuelRecord, verdict: String) throws(Failure) {
    var files = DuelRecord.files.map { ("\(path)/\($0.rawValue)", record.encoded($0)) }
    files.append(("\(path)/\(Self.verdictName)", Array((verdict + "\n").utf8)))
    var current = path
    do throws(POSIXFailure) {
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
