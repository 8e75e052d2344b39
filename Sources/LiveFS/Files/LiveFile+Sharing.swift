internal import CHost
internal import Glibc

/// What a dedupe request answered.
public enum DedupeResult: Equatable, Sendable {
  /// The bytes are the same and shared now: so many of them.
  case same(Int)
  /// The bytes differ; nothing changed.
  case differs
  /// The target was refused with this errno.
  case failed(Int32)
}

/// What is done to the blocks of a range.
public enum Allocation: Int32, CaseIterable, Sendable {
  /// Blocks for all of it; holes become unwritten.
  case allocate = 0
  /// Reads as zeros, with blocks.
  case zero = 1
  /// Reads as zeros, without blocks; always keeps the size.
  case punch = 2
  /// Blocks of its own wherever they are shared.
  case unshare = 3
}

extension LiveFile {
  /// Makes this file a clone of another, all of it.
  ///
  /// - Parameter source: the other file.
  /// - Throws: `LiveError` from `FICLONE`.
  public func clone(from source: borrowing LiveFile) throws(LiveError) {
    _ = try LiveError.check(chost_live_clone(number, source.number), "FICLONE", path)
  }

  /// Shares a range of another file.
  ///
  /// - Parameters:
  ///   - source: the other file, or this one.
  ///   - offset: byte of the source to begin at.
  ///   - byteCount: bytes; 0 means to the end of the source.
  ///   - targetOffset: byte of this file to begin at.
  /// - Throws: `LiveError` from `FICLONERANGE`.
  public func clone(
    from source: borrowing LiveFile, at offset: Int, byteCount: Int, to targetOffset: Int
  ) throws(LiveError) {
    let result = chost_live_clone_range(
      number, Int64(targetOffset), source.number, Int64(offset), Int64(byteCount))
    _ = try LiveError.check(result, "FICLONERANGE", path)
  }

  /// Shares a range of this file with a target whose bytes are the same.
  ///
  /// - Parameters:
  ///   - offset: byte of this file, the source, to begin at.
  ///   - byteCount: bytes to compare.
  ///   - target: the file that gives up its blocks.
  ///   - targetOffset: byte of the target to begin at.
  /// - Returns: what the kernel found.
  /// - Throws: `LiveError` from `FIDEDUPERANGE`, when it refused the request as a whole.
  public func dedupe(
    at offset: Int, byteCount: Int, into target: borrowing LiveFile, at targetOffset: Int
  ) throws(LiveError) -> DedupeResult {
    var answer = chost_live_dedupe_result()
    // SAFETY: the out-parameter lives through the call.
    let result = unsafe chost_live_dedupe(
      number, Int64(offset), Int64(byteCount), target.number, Int64(targetOffset), &answer)
    _ = try LiveError.check(result, "FIDEDUPERANGE", path)
    if answer.status < 0 { return .failed(-answer.status) }
    return answer.status == 0 ? .same(Int(answer.byte_count)) : .differs
  }

  /// Changes what blocks a range has.
  ///
  /// - Parameters:
  ///   - how: what is done.
  ///   - offset: byte to begin at.
  ///   - byteCount: bytes, more than 0.
  ///   - keepsSize: whether a range past the end leaves the length alone.
  /// - Throws: `LiveError` from `fallocate`.
  public func allocate(
    _ how: Allocation, at offset: Int, byteCount: Int, keepsSize: Bool
  ) throws(LiveError) {
    let keeps: Int32 = keepsSize || how == .punch ? 1 : 0
    let result = chost_live_allocate(number, how.rawValue, keeps, Int64(offset), Int64(byteCount))
    _ = try LiveError.check(result, "fallocate", path)
  }

  /// Copies a range of another file in the kernel, which may share instead.
  ///
  /// - Parameters:
  ///   - source: the other file.
  ///   - offset: byte of the source to begin at.
  ///   - byteCount: bytes.
  ///   - targetOffset: byte of this file to begin at.
  /// - Returns: how many bytes were copied; 0 at the end of the source.
  /// - Throws: `LiveError` from `copy_file_range`.
  public func copyRange(
    from source: borrowing LiveFile, at offset: Int, byteCount: Int, to targetOffset: Int
  ) throws(LiveError) -> Int {
    guard byteCount >= 0 else {
      throw LiveError(call: "copy_file_range", errno: EINVAL, path: path)
    }
    let result = chost_live_copy_range(
      source.number, Int64(offset), number, Int64(targetOffset), byteCount)
    return try LiveError.check(result, "copy_file_range", path)
  }
}
