@testable import FSDAX

/// A filesystem that follows a script and keeps a record: what the iteration itself is tested with.
final class ScriptedFilesystem: IomapOperations {
  struct Begin: Equatable {
    var position: UInt64
    var byteCount: UInt64
    init(_ position: UInt64, _ byteCount: UInt64) {
      self.position = position
      self.byteCount = byteCount
    }
  }
  struct End: Equatable {
    var position: UInt64
    var byteCount: UInt64
    var written: UInt64
    init(_ position: UInt64, _ byteCount: UInt64, _ written: UInt64) {
      self.position = position
      self.byteCount = byteCount
      self.written = written
    }
  }

  /// The answers of begin, in turn.
  var answers: [Result<MappingPair, Errno>]
  /// The errors of end, in turn; nil for success.
  var endErrors: [Errno?] = []
  private(set) var begins: [Begin] = []
  private(set) var ends: [End] = []
  let losesEndError: Bool

  init(_ answers: [Result<MappingPair, Errno>], losesEndError: Bool = false) {
    self.answers = answers
    self.losesEndError = losesEndError
  }

  /// Private mappings one behind the other.
  convenience init(pieces count: Int, of byteCount: UInt64, losesEndError: Bool = false) {
    self.init(
      (0..<count).map { index in
        .success(
          MappingPair(
            target: Mapping(
              type: .mapped, offset: UInt64(index) * byteCount, byteCount: byteCount, address: 0)))
      }, losesEndError: losesEndError)
  }

  func begin(
    _ inode: Inode, position: UInt64, byteCount: UInt64, _ operation: OperationFlags,
    _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    begins.append(Begin(position, byteCount))
    return try answers.removeFirst().get()
  }

  func end(
    _ inode: Inode, position: UInt64, byteCount: UInt64, writtenByteCount: UInt64,
    _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) {
    ends.append(End(position, byteCount, writtenByteCount))
    let error = endErrors.isEmpty ? nil : endErrors.removeFirst()
    if let error { throw error }
  }
}
