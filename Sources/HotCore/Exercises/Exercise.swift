/// Something that can be timed: an operation with its operands in place.
///
/// The order of calls is `verify`, then for each batch `arrange`, `run` inside the clock readings,
/// `settle`. An exercise is a class because the harness keeps many kinds of them; nothing of that
/// shows inside the timed loop, which gets plain values.
public protocol Exercise: AnyObject {
  /// Bytes one call works on: moved, zeroed, flushed, or compared up to the first difference.
  var byteCountPerCall: Int { get }

  /// Carries the operation out and checks every byte against a naive oracle.
  ///
  /// - Throws: `ExerciseError` that names the first wrong byte.
  func verify() throws(ExerciseError)

  /// The next place of the rotation; any number that is not negative may be set.
  ///
  /// Who shares a working set goes on where the other stopped: at a place of its own it would find
  /// in the cache what the other touched before, or leave it to the other.
  var place: Int { get set }

  /// Places of the rotation; threads that share a working set begin that far apart that none finds
  /// what another touched. One, where the exercise stays where it is.
  var placeCount: Int { get }

  /// Brings data and caches into the declared state before a batch, outside the timed region.
  func arrange()

  /// Makes the calls; nothing else.
  func run(calls: Int)

  /// Undoes what `arrange` put in the shared working set.
  func settle()

  /// What one call moves, from its geometry.
  var volume: ExerciseVolume { get }

  /// Executes one call step by step and counts its instructions.
  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts
}

extension Exercise {
  /// Most exercises leave nothing behind.
  public func settle() {}

  /// Some exercises stay where they are.
  public var placeCount: Int { 1 }

  /// Some exercises stay where they are.
  public var place: Int {
    get { 0 }
    set {}
  }
}

/// Bytes of one call, by what happens to them.
public struct ExerciseVolume: Equatable, Sendable {
  /// Bytes copied from a source or from the user's buffer.
  public var copiedByteCount = 0
  /// Bytes zeroed.
  public var zeroedByteCount = 0
  /// Bytes compared, up to and including the first difference.
  public var comparedByteCount = 0
}

/// An exercise that does the wrong thing.
public struct ExerciseError: Error, Equatable, CustomStringConvertible {
  /// What was expected and what stood there, in one sentence.
  public let description: String

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}
