/// What a filesystem supplies to an iteration.
protocol IomapOperations {
  /// The mapping at `position`; its end lies behind it, its start not.
  ///
  /// What a failed begin had reserved it has given back: `end` is not called for it.
  func begin(
    _ inode: Inode, position: UInt64, byteCount: UInt64, _ operation: OperationFlags,
    _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair

  /// Completes, or with nothing written undoes, what `begin` prepared.
  func end(
    _ inode: Inode, position: UInt64, byteCount: UInt64, writtenByteCount: UInt64,
    _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno)

  /// Whether an error of `end` after progress is lost (hazard H2).
  var losesEndError: Bool { get }
}

/// Walks a file range one mapping at a time: begin, the caller's body, end.
///
///     while try iterator.next(filesystem) { iterator.status = body(&iterator) }
///
/// Source: fsdax specification of this project, section 1.2.
struct IomapIterator {
  let inode: Inode
  let operation: OperationFlags
  let ledger: LedgerStripe
  /// Where the next byte is worked on.
  private(set) var position: UInt64
  /// Bytes left of the request.
  private(set) var remaining: UInt64
  /// What the body says: nil, or why it stopped.
  var status: Errno?
  private(set) var mappings: MappingPair
  private var start: UInt64
  private var isActive = false

  /// A walk over a range that is not empty.
  @inline(__always)
  init(
    _ inode: Inode, position: UInt64, byteCount: UInt64, _ operation: OperationFlags,
    _ ledger: LedgerStripe
  ) {
    precondition(byteCount > 0, "an iteration has bytes to walk")
    self.inode = inode
    self.operation = operation
    self.ledger = ledger
    self.position = position
    remaining = byteCount
    start = position
    mappings = MappingPair(target: Mapping(type: .hole, offset: 0, byteCount: 0))
  }

  /// Bytes from the cursor on that this step may work on.
  var usable: UInt64 {
    @inline(__always) get { mappings.usableByteCount(at: position, remaining: remaining) }
  }

  /// Moves the cursor; more than usable is EIO and moves nothing.
  @inline(__always)
  mutating func advance(_ byteCount: UInt64) throws(Errno) {
    guard byteCount <= usable else { throw .EIO }
    position += byteCount
    remaining -= byteCount
  }

  /// Has the next step begin where this one did: its mapping is not the file's any more.
  mutating func markStale() { mappings.target.flags.insert(.stale) }

  /// Ends the step before, and begins the next one; false when there is none.
  @inline(__always)
  mutating func next<Filesystem: IomapOperations>(
    _ filesystem: borrowing Filesystem
  ) throws(Errno) -> Bool {
    if isActive {
      isActive = false
      if try !finishStep(filesystem) { return false }
    }
    do throws(Errno) {
      mappings = try filesystem.begin(
        inode, position: position, byteCount: remaining, operation, ledger)
    } catch {
      ledger.add(.failedBegins)
      throw error
    }
    ledger.add(.begins)
    precondition(
      mappings.target.offset <= position && mappings.target.end > position,
      "begin gives a mapping of the position")
    start = position
    isActive = true
    return true
  }

  /// Ends the step under way, if there is one, and begins no other.
  @inline(never)
  mutating func stop<Filesystem: IomapOperations>(
    _ filesystem: borrowing Filesystem
  ) throws(Errno) {
    if !isActive { return }
    isActive = false
    _ = try finishStep(filesystem)
  }

  /// Whether to go on after a step.
  @inline(__always)
  private mutating func finishStep<Filesystem: IomapOperations>(
    _ filesystem: borrowing Filesystem
  ) throws(Errno) -> Bool {
    let written = position - start
    let byteCount = mappings.usableByteCount(at: start, remaining: remaining + written)
    ledger.add(.ends)
    do throws(Errno) {
      try filesystem.end(
        inode, position: start, byteCount: byteCount, writtenByteCount: written, operation,
        ledger)
    } catch {
      if written == 0 { throw error }
      if !filesystem.losesEndError {
        // What the filesystem could not complete is not done: the cursor goes back before it.
        position = start
        remaining += written
        throw error
      }
    }
    if let status { throw status }
    return remaining > 0 && (written > 0 || mappings.target.flags.contains(.stale))
  }
}
