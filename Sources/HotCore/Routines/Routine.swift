public import CPersist

/// Copies `byteCount` bytes from source to target; the ranges do not overlap.
public typealias CopyFunction =
  @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Void
/// Returns the offset of the first differing byte, or `byteCount` when there is none.
public typealias CompareFunction =
  @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Int
/// Fills `byteCount` bytes with zeros.
public typealias ZeroFunction = @convention(c) (UnsafeMutableRawPointer, Int) -> Void
/// Writes back each line that `byteCount` bytes touch, without a fence.
public typealias FlushFunction = @convention(c) (UnsafeRawPointer, Int) -> Void
/// Fills a block: target block, source block (nil: zeros), data, head, length, size.
///
/// `length` bytes of data stand at `head`; the other bytes come from the source. The target block
/// starts a cache line and `size` is a multiple of one. `head == 0 && length == size` takes the
/// whole block from the source, and data is not read.
public typealias EdgeCopyFunction =
  @convention(c) (
    UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeRawPointer, Int, Int, Int
  ) -> Void

/// What is true of the bytes when a routine returns.
public enum Completion: Sendable {
  /// Stored, perhaps only in a cache.
  case cached
  /// Their lines are on the way to memory; no fence yet.
  case writtenBack
  /// On the way to memory and ordered before every later store.
  case fenced
}

/// One implementation of an operation: its name, whether this machine runs it, and its code.
///
/// `Kind` is a name of `RoutineKind`, which fixes the type of `function`.
@safe public struct Routine<Kind>: @unchecked Sendable {
  // Sendable: every field is immutable, and `code` is the address of a function.

  /// The name used in suites and records.
  public let name: String
  /// What is true when it returns.
  public let completion: Completion
  /// Why this machine cannot run it, or nil.
  public let unavailable: String?
  /// The address of the function.
  ///
  /// It is kept untyped because a generic argument of a pointer-taking
  /// type would make every mention of a routine unsafe.
  @unsafe let code: UnsafeRawPointer

  /// Whether this machine can run it.
  public var isAvailable: Bool { unavailable == nil }

  func renamed(_ name: String) -> Routine {
    unsafe Routine(name: name, completion: completion, unavailable: unavailable, code: code)
  }
}

/// The operations that have routines.
public enum RoutineKind {
  /// Functions are `CopyFunction`s.
  public enum Copy {}
  /// Functions are `CompareFunction`s.
  public enum Compare {}
  /// Functions are `ZeroFunction`s.
  public enum Zero {}
  /// Functions are `FlushFunction`s.
  public enum Flush {}
  /// Functions are `EdgeCopyFunction`s.
  public enum EdgeCopy {}
}

/// A routine that copies.
public typealias CopyRoutine = Routine<RoutineKind.Copy>
/// A routine that compares.
public typealias CompareRoutine = Routine<RoutineKind.Compare>
/// A routine that zeroes.
public typealias ZeroRoutine = Routine<RoutineKind.Zero>
/// A routine that writes lines back, without a fence: `fence()` is separate.
public typealias FlushRoutine = Routine<RoutineKind.Flush>
/// A routine that fills a block around a write.
public typealias EdgeCopyRoutine = Routine<RoutineKind.EdgeCopy>

extension Routine where Kind == RoutineKind.Copy {
  /// The code.
  ///
  /// - Safety: Call it only where `unavailable` is nil, with ranges of the byte counts passed.
  @unsafe public var function: CopyFunction {
    // SAFETY: only `CopyFunction`s become the code of this kind.
    unsafe unsafeBitCast(code, to: CopyFunction.self)
  }
}

extension Routine where Kind == RoutineKind.Compare {
  /// The code.
  ///
  /// - Safety: Call it only where `unavailable` is nil, with ranges of the byte counts passed.
  @unsafe public var function: CompareFunction {
    // SAFETY: only `CompareFunction`s become the code of this kind.
    unsafe unsafeBitCast(code, to: CompareFunction.self)
  }
}

extension Routine where Kind == RoutineKind.Zero {
  /// The code.
  ///
  /// - Safety: Call it only where `unavailable` is nil, with ranges of the byte counts passed.
  @unsafe public var function: ZeroFunction {
    // SAFETY: only `ZeroFunction`s become the code of this kind.
    unsafe unsafeBitCast(code, to: ZeroFunction.self)
  }
}

extension Routine where Kind == RoutineKind.Flush {
  /// The code.
  ///
  /// - Safety: Call it only where `unavailable` is nil, with ranges of the byte counts passed.
  @unsafe public var function: FlushFunction {
    // SAFETY: only `FlushFunction`s become the code of this kind.
    unsafe unsafeBitCast(code, to: FlushFunction.self)
  }
}

extension Routine where Kind == RoutineKind.EdgeCopy {
  /// The code.
  ///
  /// - Safety: Call it only where `unavailable` is nil, with ranges of the byte counts passed.
  @unsafe public var function: EdgeCopyFunction {
    // SAFETY: only `EdgeCopyFunction`s become the code of this kind.
    unsafe unsafeBitCast(code, to: EdgeCopyFunction.self)
  }
}

extension Completion {
  init(_ completion: cpersist_completion) {
    switch completion {
    case cpersist_fenced: self = .fenced
    case cpersist_written_back: self = .writtenBack
    default: self = .cached
    }
  }
}

/// Orders earlier write-backs and streaming stores before every later store.
@inline(always)
public func fence() { cpersist_fence() }
