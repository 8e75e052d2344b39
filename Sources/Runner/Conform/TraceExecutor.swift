public import Plan

/// Something that carries out the steps of a trace: the model, or a filesystem of the kernel.
public protocol TraceExecutor: AnyObject {
  /// Carries out a step.
  ///
  /// - Parameter step: The step; a file of its that is not there gives ENOENT.
  /// - Returns: The result, and the bytes that were read.
  func run(_ step: TraceStep) -> StepOutcome

  /// The files with bytes, and their sizes.
  func sizes() -> [String: Int]

  /// Reads bytes of a file as read(2) does.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  ///   - buffer: Where bytes go.
  /// - Returns: Bytes read, or nil for an error.
  /// - Safety: The buffer's memory is the caller's to change.
  @unsafe func read(
    _ file: String, at position: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int?

  /// Where the bytes of a file lie, once they are on the device.
  ///
  /// - Parameter file: The file.
  /// - Returns: The extents in the order of the file, or nil for an error.
  func extents(of file: String) -> [PlacedExtent]?

  /// Does what a step asks although it was refused, because the other side did it by a rule.
  ///
  /// - Parameter step: A dedupe.
  func force(_ step: TraceStep)

  /// Whether there is a reason to refuse any step: a filesystem without space, read-only, or gone.
  ///
  /// - Returns: The error number, or nil.
  func refusal() -> Int32?
}

extension TraceExecutor {
  /// Nothing keeps memory from taking steps.
  public func refusal() -> Int32? { nil }
}

/// What a step came to, with the bytes that it read.
public struct StepOutcome: Equatable, Sendable {
  /// The result.
  public var result: TraceResult
  /// The bytes that were read.
  public var bytes: [UInt8] = []

  /// An outcome from its parts.
  public init(_ result: TraceResult, bytes: [UInt8] = []) {
    self.result = result
    self.bytes = bytes
  }
}

/// A run of a file's blocks, and where they lie.
public struct PlacedExtent: Equatable, Sendable {
  /// What the blocks hold.
  public enum State: String, Sendable {
    /// Data.
    case data
    /// Nothing yet: they read as zeros.
    case unwritten
    /// Data among the filesystem's own, in no block that could be shared.
    case inline
    /// Compressed data: one place on the device stands for several blocks of the file.
    case encoded
    /// No blocks.
    case hole
  }

  /// The first byte in the file.
  public var position: Int
  /// The first byte on the device.
  public var deviceByte: Int
  /// Bytes.
  public var byteCount: Int
  /// What the blocks hold.
  public var state: State

  /// An extent from its parts.
  ///
  /// - Parameters:
  ///   - position: The first byte in the file.
  ///   - deviceByte: The first byte on the device.
  ///   - byteCount: Bytes.
  ///   - state: What the blocks hold.
  public init(position: Int, deviceByte: Int, byteCount: Int, state: State) {
    self.position = position
    self.deviceByte = deviceByte
    self.byteCount = byteCount
    self.state = state
  }
}
