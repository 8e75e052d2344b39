internal import Glibc
internal import Record

/// A folder of results: `results/runs/<utc>-<commit>-<machine>/` or a baseline.
///
/// SAFETY, for every path below: Swift lends the string as a C string for the call only, and the
/// calls keep no pointer.
struct RunFolder {
  let path: String

  /// Samples measured so far, while a run goes on; a run that was killed leaves this file.
  private static let partialName = "samples.csv.partial"

  /// Claims a folder for a new run, before anything is measured.
  ///
  /// - Throws: `Failure` when it cannot be written or already holds a run.
  init(creating path: String) throws(Failure) {
    self.path = path
    // The samples of a run that was killed are a result as well.
    for name in RecordFile.ofRun.map(\.rawValue) + [RunFolder.partialName]
    where FileSystem.exists("\(path)/\(name)") {
      throw Failure(
        .tool,
        "The folder '\(path)' already holds a run, which is kept; choose another with --out.")
    }
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(path)
      try FileSystem.replace("\(path)/\(RunFolder.partialName)", with: header)
    } catch {
      throw Failure(
        .tool,
        "The folder '\(path)' cannot be written: \(error.text); name another with --out.")
    }
  }

  /// An existing folder.
  init(existing path: String) { self.path = path }

  private var header: [UInt8] {
    RunRecord(machine: [], samples: [], cells: [], ledger: []).encoded(.samples)
  }

  /// Appends samples that will not change any more, so that a killed run keeps them.
  func keep(_ samples: [Sample]) throws(Failure) {
    let record = RunRecord(machine: [], samples: samples, cells: [], ledger: [])
    let rows = Array(record.encoded(.samples).dropFirst(header.count))
    let file = "\(path)/\(RunFolder.partialName)"
    let descriptor = unsafe open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
    do throws(POSIXFailure) {
      guard descriptor >= 0 else { throw POSIXFailure() }
      defer { close(descriptor) }
      try FileSystem.append(rows, to: descriptor)
    } catch {
      throw Failure(.tool, "The samples could not be written to '\(path)': \(error.text).")
    }
  }

  /// Writes all files or, when one has no room, none; then removes the partial samples.
  func write(_ record: RunRecord) throws(Failure) {
    let files = RecordFile.ofRun.map { "\(path)/\($0.rawValue)" }
    var current = path
    do throws(POSIXFailure) {
      // Room is found for all before the first replaces an earlier one: four files of two runs
      // would be no run.
      for (file, name) in zip(RecordFile.ofRun, files) {
        current = name
        try FileSystem.stage(name, record.encoded(file))
      }
      for name in files {
        current = name
        try FileSystem.commit(name)
      }
    } catch {
      for name in files { FileSystem.unstage(name) }
      throw Failure(
        .tool, "'\(current)' could not be written: \(error.text); earlier files are whole.")
    }
    try? FileSystem.sync(folder: path)
    unsafe unlink("\(path)/\(RunFolder.partialName)")
  }

  /// Reads a run.
  ///
  /// - Parameter kind: the exit code of a folder that cannot be read.
  /// - Returns: the record of all four files.
  /// - Throws: `Failure` naming the file, and where in it the fault lies.
  func load(orFailWith kind: Failure.Kind) throws(Failure) -> RunRecord {
    guard FileSystem.isFolder(path) else {
      throw Failure(kind, "There is no run folder '\(path)'.")
    }
    do throws(RecordError) {
      return try RunRecord { (file) throws(RecordError) in
        do throws(POSIXFailure) {
          return try FileSystem.read("\(path)/\(file.rawValue)")
        } catch {
          throw RecordError(file: file, reason: "cannot be read: \(error.text)")
        }
      }
    } catch {
      throw Failure(kind, "\(path)/\(error.description).")
    }
  }
}
