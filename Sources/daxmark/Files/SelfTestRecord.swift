internal import Glibc
internal import Plan
internal import Record
internal import Verdict

/// What the gate found when it tested itself: `selftest.csv` of a machine class.
enum SelfTestRecord {
  /// Where the self-test of a machine class is recorded, whether there was one or not.
  static func path(of machineClass: String) -> String {
    "\(Results.baseline(of: machineClass))/\(RecordFile.selfTest.rawValue)"
  }

  /// Refuses to judge where a self-test failed and nothing cleared that, or the last one is old.
  ///
  /// - Parameters:
  ///   - machineClass: The class of the machine that measured.
  ///   - folder: A baseline from elsewhere, whose own record goes first.
  /// - Returns: What a person should know of it, or nil.
  /// - Throws: `Failure` when the gate must not judge, or nobody can tell whether it may.
  static func check(machineClass: String, beside folder: String? = nil) throws(Failure) -> String? {
    let candidates =
      [folder.map { "\($0)/\(RecordFile.selfTest.rawValue)" }, path(of: machineClass)]
      .compactMap { $0 }
    guard let path = candidates.first(where: FileSystem.exists) else {
      return sentence(.absent)
    }
    let bytes: [UInt8]
    do throws(POSIXFailure) {
      bytes = try FileSystem.read(path)
    } catch {
      throw Failure(.selfTestFailed, "'\(path)' cannot be read: \(error.text).")
    }
    let steps: [SelfTestStep]
    do throws(RecordError) {
      steps = try SelfTestStep.decoded(bytes)
    } catch {
      let folder = path.dropLast(RecordFile.selfTest.rawValue.count)
      throw Failure(.selfTestFailed, "\(folder)\(error.description).")
    }
    let standing = SelfTestStanding(steps, at: time(nil))
    if case .failed(let why) = standing { throw Failure(.selfTestFailed, why) }
    return sentence(standing)
  }

  /// Why cells may not gate on a machine class, and which have a floor of their own, by its
  /// self-tests; `check` goes before.
  static func advice(
    machineClass: String, for cells: [Cell]
  ) -> (advisory: [Cell: String], floors: [Cell: Double]) {
    guard let bytes = try? FileSystem.read(path(of: machineClass)),
      let steps = try? SelfTestStep.decoded(bytes)
    else { return ([:], [:]) }
    return (
      SelfTestAdvice.reasons(steps, for: cells), SelfTestAdvice.floors(steps, for: cells)
    )
  }

  private static func sentence(_ standing: SelfTestStanding) -> String? {
    if case .noted(let sentence) = standing { return sentence }
    return nil
  }
}
