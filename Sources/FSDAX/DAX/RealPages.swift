internal import HotCore
internal import Synchronization

/// The real pages of a mapping: addresses that trap into the model's faults, and the mirror of its
/// page table that maps frames there.
///
/// A real page is never there without the model's: what cannot be mapped traps again. The other
/// way round is harmless, but an access that finds no mapping each time is a bus error.
@safe final class RealPages: PageTableMirror, @unchecked Sendable {
  // Sendable: the range is set before anybody else knows the object, and from then on used with the
  // page table's lock held and taken away with it held alone; the rest is atomic or locked.
  private var range: TrapRange?
  /// Pages of the range before the mapping's first, so that huge pages of the file fit.
  private let lead: Int
  /// The mapping, not retained: it retains this object, and outlives the range.
  private let area = Atomic<UInt>(0)
  private let failedCount = Atomic<Int>(0)
  private let failed = Mutex<Set<Int>>([])

  private let allowsHuge: Bool

  /// Reserves addresses for pages of a file from an index on; nobody accesses them before `attach`.
  init(
    filePage: Int, pageCount: Int, mechanism: TrapMechanism, descriptor: CInt, allowsHuge: Bool
  ) throws(ArenaError) {
    lead = filePage & 511
    self.allowsHuge = allowsHuge
    // SAFETY: the range is taken away, with its handler's last call, before this object ends.
    range = try unsafe TrapRange(
      byteCount: (lead + pageCount) << DAXDevice.pageShift, mechanism: mechanism,
      descriptor: descriptor, context: Unmanaged.passUnretained(self).toOpaque()
    ) { context, page, isWrite in
      let pages = unsafe Unmanaged<RealPages>.fromOpaque(context).takeUnretainedValue()
      return pages.answer(page, isWrite: isWrite).rawValue
    }
  }

  /// The address of the mapping's first page.
  var address: Int {
    guard let base = unsafe range?.base else { return 0 }
    return Int(bitPattern: unsafe base) + lead << DAXDevice.pageShift
  }

  /// Lets accesses reach the model's mapping.
  func attach(_ mapping: VirtualArea) {
    let bits = unsafe UInt(bitPattern: Unmanaged.passUnretained(mapping).toOpaque())
    area.store(bits, ordering: .releasing)
  }

  /// Ends all trapping; the addresses are gone.
  ///
  /// The mapping is alive, and not accessed any more.
  func end(_ mapping: VirtualArea) {
    mapping.table.lock.lockExclusive()
    let ended = range.take()
    mapping.table.lock.unlockExclusive()
    // Without the lock, for the range waits for its handler, which may be about to take it.
    _ = consume ended
  }

  /// Resolves an access on a thread that faulted, or on the handler's.
  private func answer(_ trapped: Int, isWrite: Bool) -> TrapAnswer {
    let bits = area.load(ordering: .acquiring)
    guard let pointer = unsafe UnsafeRawPointer(bitPattern: bits) else { return .sigbus }
    // SAFETY: the owner of the mapping ends the range, and with it this call, before its reference.
    let mapping = unsafe Unmanaged<VirtualArea>.fromOpaque(pointer).takeUnretainedValue()
    let page = trapped - lead
    guard page >= 0, page < mapping.pageCount else { return .sigbus }
    do throws(Errno) {
      try mapping.volume.resolve(
        mapping, page, isWrite: isWrite, allowsHuge && mapping.fitsHuge(page) ? 9 : 0)
    } catch {
      return .sigbus
    }
    if failedCount.load(ordering: .acquiring) == 0 { return .resolved }
    return failed.withLock { $0.contains(page) } ? .sigbus : .resolved
  }

  func map(page: Int, count: Int, frame: Int, isWritable: Bool) {
    keep(page, count) { () throws(ArenaError) in
      try range?.map(
        page: page + lead, count: count, fileOffset: frame << DAXDevice.pageShift,
        isWritable: isWritable)
    }
  }

  func mapZero(page: Int, count: Int) {
    keep(page, count) { () throws(ArenaError) in
      try range?.mapZero(page: page + lead, count: count)
    }
  }

  func protect(page: Int, count: Int) {
    do throws(ArenaError) {
      try range?.protect(page: page + lead, count: count)
    } catch {
      takeAway(page, count)
    }
  }

  func unmap(page: Int, count: Int) {
    takeAway(page, count)
    note(page, count, hasFailed: false)
  }

  /// Maps, or takes away what was there and notes the failure for whoever asked.
  private func keep(
    _ page: Int, _ count: Int, _ body: () throws(ArenaError) -> Void
  ) {
    guard range != nil else { return }
    do throws(ArenaError) {
      try body()
      note(page, count, hasFailed: false)
    } catch {
      takeAway(page, count)
      note(page, count, hasFailed: true)
    }
  }

  /// Makes pages trap; where the kernel refuses even that for some pages, all of them.
  private func takeAway(_ page: Int, _ count: Int) {
    do throws(ArenaError) {
      try range?.unmap(page: page + lead, count: count)
    } catch {
      do throws(ArenaError) {
        // One mapping instead of many.
        if let all = range?.byteCount {
          try range?.unmap(page: 0, count: all >> DAXDevice.pageShift)
        }
      } catch {
        preconditionFailure("a page that has left its file cannot be unmapped: \(error)")
      }
    }
  }

  private func note(_ page: Int, _ count: Int, hasFailed: Bool) {
    if !hasFailed, failedCount.load(ordering: .acquiring) == 0 { return }
    failed.withLock { pages in
      if hasFailed {
        pages.formUnion(page..<page + count)
      } else {
        pages.subtract(page..<page + count)
      }
      failedCount.store(pages.count, ordering: .releasing)
    }
  }
}

extension VirtualArea {
  /// Whether a huge page around a page may be mapped: the mapping has all of it, nothing small is
  /// there.
  fileprivate func fitsHuge(_ page: Int) -> Bool {
    table.fitsSpan(page) && !table.spanSlot(page).isTable
  }
}
