internal import Glibc
internal import Plan
internal import Record
internal import Runner

/// A run being carried out: its coordinator, progress, and the samples kept as they come.
final class Measurement {
  /// Seconds since 1970 when the run began.
  let startedUnix = Int(time(nil))
  /// Why samples could not be kept on the way, if so; the run ends then with what it has.
  private(set) var writeFailure: Failure?

  private let cells: [Cell]
  private let options: RunOptions
  private let folder: RunFolder

  init(cells: [Cell], options: RunOptions, folder: RunFolder) throws(Failure) {
    self.cells = cells
    self.options = options
    self.folder = folder
  }

  /// Runs to the end, to Ctrl-C, or until nothing can be written any more.
  func run() throws(Failure) -> RunOutcome {
    var progress = Progress()
    defer { progress.clear() }
    do throws(RunError) {
      var coordinator = try Coordinator(cells: cells, options: options)
      return try coordinator.run { event in
        progress.show(event)
        if case .roundEnded(let samples) = event { keep(samples) }
        return !Interrupt.isRequested && writeFailure == nil
      }
    } catch {
      throw Failure(.tool, error.description)
    }
  }

  private func keep(_ samples: [Sample]) {
    do throws(Failure) {
      try folder.keep(samples)
    } catch {
      writeFailure = error
    }
  }
}
