internal import HotCore

/// What the handling of a failure did.
struct FailureOutcome: Hashable, Sendable {
  /// Pages of files that were hit, among those in memory.
  var runs: [FailedRun] = []
  /// Signals to send.
  var orders: [KillOrder] = []
}

/// What a failure's handling looks at besides the volume.
struct FailureScene {
  /// Processes that map files.
  var tasks: [MappingTask] = []
  /// Who is told.
  var selection = KillSelection()
  /// Whether a file is in memory; what is not, nobody maps.
  var isInMemory: (UInt32) -> Bool = { _ in true }
  /// The cached entry at a page of a file, or nil without a frame there.
  var entry: (_ inode: UInt32, _ page: UInt64) -> CachedFrame? = { _, _ in nil }
}

extension Volume {
  /// A volume's number as the holder of its device.
  static let holderID: UInt64 = 1

  /// Memory under the device failed: the filesystem's handler, then the generic one.
  ///
  /// - Parameters:
  ///   - notice: What failed.
  ///   - partition: Where the volume lies on the device the notice is about; nil for all of it.
  ///   - owner: Whose the frame is as far as the frame itself knows; for the generic handler.
  ///   - scene: Tasks and entries.
  /// - Returns: What was done.
  /// - Throws: What the filesystem answers, or EBUSY where the generic handler cannot tell whose
  ///   a shared frame is, or finds a file that is not DAX.
  func memoryFailed(
    _ notice: FailureNotice, partition: Range<UInt64>? = nil, owner: FrameOwner,
    _ scene: FailureScene
  ) throws(Errno) -> FailureOutcome {
    do throws(Errno) {
      guard device.isAlive else { throw .ENXIO }
      guard device.holder.isHeld else { throw .EOPNOTSUPP }
      return try notifyFailure(notice, partition: partition, scene)
    } catch {
      guard error == .EOPNOTSUPP else { throw error }
      guard let page = try owner.generic() else { return FailureOutcome() }
      guard let inode = inodes.inode(page.inode), isDAX(inode) else { throw .EBUSY }
      let run = FailedRun(inode: page.inode, pages: page.index..<page.index + 1)
      return FailureOutcome(runs: [run], orders: killOrders(for: run, notice.flags, scene))
    }
  }

  /// The filesystem's side of a failure.
  ///
  /// Source: specification, section 8.2.
  ///
  /// - Parameters:
  ///   - notice: What failed.
  ///   - partition: Where the volume lies on the device; nil for all of it.
  ///   - scene: Tasks and entries.
  /// - Returns: What was done; a removal ends with the volume shut down.
  /// - Throws: ENXIO outside the partition, EOPNOTSUPP without a reverse map, EFSCORRUPTED, with
  ///   the volume shut down, where metadata is lost.
  func notifyFailure(
    _ notice: FailureNotice, partition: Range<UInt64>? = nil, _ scene: FailureScene
  ) throws(Errno) -> FailureOutcome {
    let range = try notice.range(in: partition ?? 0..<UInt64(device.byteCount), profile)
    guard options.hasReverseMap else { throw .EOPNOTSUPP }
    let mask = UInt64(DAXDevice.pageByteCount - 1)
    let shift = UInt64(DAXDevice.pageShift)
    let isRemoval = notice.flags.contains(.removal)
    if isRemoval {
      // No operation begins any more. What those under way publish, the reverse map has to know.
      isShutDown = true
      waitForOperations()
    }
    let answer = owners(of: range.lowerBound >> shift..<(range.upperBound + mask) >> shift)
    var outcome = FailureOutcome()
    for run in answer.runs where scene.isInMemory(run.inode) {
      guard let inode = inodes.inode(run.inode) else { continue }
      outcome.runs.append(run)
      // Nobody is told of a file that is not DAX, and the others' owners are told all the same.
      if isDAX(inode) { outcome.orders += killOrders(for: run, notice.flags, scene) }
      if isRemoval { invalidate(inode, run.pages) }
    }
    if answer.hitsMetadata && !isRemoval {
      isShutDown = true
      throw .EFSCORRUPTED
    }
    return outcome
  }

  /// Whether a file's mappings show frames of the device, as the kernel has it.
  private func isDAX(_ inode: Inode) -> Bool {
    inode.ioLock.lockShared()
    defer { inode.ioLock.unlockShared() }
    return inode.attributes.isDAX
  }

  /// Marks the frames of a run of a DAX file, and finds who is told.
  ///
  /// Source: specification, section 8.3.
  private func killOrders(
    for run: FailedRun, _ flags: FailureNotice.Flags, _ scene: FailureScene
  ) -> [KillOrder] {
    var orders: [KillOrder] = []
    for page in run.pages {
      guard let entry = scene.entry(run.inode, page) else { continue }
      if !flags.contains(.removal) { poisonedFrames.insert(entry.marked(at: page, profile)) }
      orders += scene.selection.orders(scene.tasks, inode: run.inode, page: page, flags)
    }
    return orders
  }

  private func invalidate(_ inode: Inode, _ pages: Range<UInt64>) {
    inode.ioLock.lockExclusive()
    inode.invalidateLock.lockExclusive()
    deleteEntries(inode, pages)
    inode.invalidateLock.unlockExclusive()
    inode.ioLock.unlockExclusive()
  }

  /// Waits until no operation on a file is under way that began before; no lock is held.
  private func waitForOperations() {
    for number in inodes.numbers {
      guard let inode = inodes.inode(number) else { continue }
      inode.ioLock.lockExclusive()
      inode.invalidateLock.lockExclusive()
      inode.invalidateLock.unlockExclusive()
      inode.ioLock.unlockExclusive()
    }
  }

  /// Removes the device: the holder hears of it, then nothing is reached any more, and when this
  /// returns no operation is under way that still does.
  ///
  /// Source: specification, section 8.5.
  ///
  /// - Parameter scene: Tasks and entries.
  /// - Returns: Who was told.
  /// - Throws: What the filesystem answers; the device goes all the same.
  @discardableResult
  func removeDevice(_ scene: FailureScene = FailureScene()) throws(Errno) -> FailureOutcome {
    defer {
      device.kill()
      waitForOperations()
      device.holder.remove(Self.holderID)
    }
    guard device.holder.isHeld else { return FailureOutcome() }
    return try memoryFailed(.removal, owner: .nobody, scene)
  }
}
