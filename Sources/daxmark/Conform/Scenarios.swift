internal import Glibc
internal import Plan

/// Traces in files.
enum Scenarios {
  /// The traces of a folder, in the order of their names.
  static func files(in folder: String) throws(Failure) -> [String] {
    let names = FileSystem.names(in: folder).filter { $0.hasSuffix(".trace") }
    if names.isEmpty { throw Failure(.usage, "There is no .trace in '\(folder)'.") }
    return names.map { "\(folder)/\($0)" }
  }

  /// The trace in a file.
  static func trace(at path: String) throws(Failure) -> Trace {
    // A pipe would keep the program waiting for somebody who writes.
    var status = stat()
    // SAFETY: the path is lent for the call; the out-parameter lives through it.
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw Failure(.usage, "'\(path)' is no trace: it is not a file.")
    }
    let bytes: [UInt8]
    do throws(POSIXFailure) {
      bytes = try FileSystem.read(path)
    } catch {
      throw Failure(.usage, "The trace '\(path)' could not be read: \(error.text).")
    }
    do throws(TraceError) {
      return try Trace(parsing: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw Failure(.usage, "'\(path)' is no trace. \(error.description)")
    }
  }
}
