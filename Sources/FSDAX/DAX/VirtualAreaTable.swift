internal import HotCore
internal import Synchronization

/// The page table of one mapping: a directory of 2 MiB spans, each a huge frame or a table.
///
/// Slots are atomic. Mapping and using a page hold the lock shared, taking pages away holds it
/// alone: whoever has unmapped a page knows that nobody stores into its frame any more.
@safe struct AreaTable: Hashable, @unchecked Sendable {
  // Sendable: a reference; slots are atomic, and tables and pages go only with the lock held alone.
  @safe struct State: ~Copyable {
    let lock = SharedLock(rank: LockRank.area)
    let address: UInt
    let pageCount: Int
    let filePage: UInt64
    let spanCount: Int
    let directory: UnsafeMutablePointer<Atomic<UInt64>>
    let mirror: (any PageTableMirror)?
    let hasMirror: Bool
  }

  let state: UnsafeMutablePointer<State>

  /// A table with nothing mapped.
  init(address: UInt, pageCount: Int, filePage: UInt64, mirror: (any PageTableMirror)?) {
    let first = Int(address >> 12)
    let spans = (first + pageCount - 1) >> 9 - first >> 9 + 1
    let directory = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: spans)
    for span in 0..<spans { unsafe (directory + span).initialize(to: Atomic(0)) }
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(
      to: State(
        address: address, pageCount: pageCount, filePage: filePage, spanCount: spans,
        directory: directory, mirror: mirror, hasMirror: mirror != nil))
  }

  // SAFETY: in all of these the state is alive: the area that made it ends it last, after taking
  // it out of the inode's list. Spans and pages were checked against the counts.

  /// Ends the table with its private pages.
  func destroy() {
    clear(0..<pageCount, dropsCopies: true)
    for span in 0..<(unsafe state.pointee.spanCount) {
      let slot = directorySlot(span)
      if slot.isTable { unsafe tablePointer(slot)?.deallocate() }
    }
    unsafe state.pointee.directory.deallocate()
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }

  static func == (left: AreaTable, right: AreaTable) -> Bool {
    unsafe left.state == right.state
  }
  func hash(into hasher: inout Hasher) { unsafe hasher.combine(state) }

  var lock: SharedLock { _read { yield unsafe state.pointee.lock } }
  var pageCount: Int { unsafe state.pointee.pageCount }
  var filePage: UInt64 { unsafe state.pointee.filePage }
  var address: UInt { unsafe state.pointee.address }

  /// A page's number in the address space, from which its span and its slot come.
  @inline(__always) private func number(_ page: Int) -> Int {
    unsafe Int(state.pointee.address >> 12) + page
  }
  @inline(__always) private func span(_ page: Int) -> Int {
    unsafe number(page) >> 9 - Int(state.pointee.address >> 21)
  }
  @inline(__always) private func directorySlot(_ span: Int) -> AreaSlot {
    unsafe AreaSlot(bits: state.pointee.directory[span].load(ordering: .acquiring))
  }
  @unsafe @inline(__always)
  private func tablePointer(_ slot: AreaSlot) -> UnsafeMutablePointer<Atomic<UInt64>>? {
    unsafe UnsafeMutablePointer(bitPattern: slot.address)
  }

  /// What a page is mapped to; a page of a huge frame as its own frame.
  ///
  /// The lock is held.
  @inline(__always) func slot(_ page: Int) -> AreaSlot {
    let found = directorySlot(span(page))
    if found.isTable, let table = unsafe tablePointer(found) {
      return unsafe AreaSlot(bits: table[number(page) & 511].load(ordering: .acquiring))
    }
    guard found.isFrame else { return found }
    return AreaSlot(frame: found.frame + number(page) & 511, isWritable: found.isWritable)
  }

  /// What the 2 MiB around a page are mapped to.
  @inline(__always) func spanSlot(_ page: Int) -> AreaSlot { directorySlot(span(page)) }

  /// Maps one page; a huge mapping of its span, or a private page, keeps its place.
  ///
  /// The lock is held, shared or not.
  @inline(__always) func map(_ page: Int, _ slot: AreaSlot) {
    var found = directorySlot(span(page))
    if found.isNone { found = makeTable(span(page)) }
    guard found.isTable, let table = unsafe tablePointer(found) else {
      // A huge mapping came first.
      release(slot)
      return
    }
    let place = number(page) & 511
    // A private page stays: its stores are nowhere else.
    if unsafe AreaSlot(bits: table[place].load(ordering: .relaxed)).isAnonymous {
      release(slot)
      return
    }
    unsafe table[place].store(slot.bits, ordering: .releasing)
    if unsafe state.pointee.hasMirror { tellMapped(page, 1, slot) }
  }

  /// Maps 2 MiB at once; false where a table has its place.
  func mapSpan(_ page: Int, _ slot: AreaSlot) -> Bool {
    let span = span(page)
    let old = directorySlot(span)
    if old.isTable { return false }
    let isSet = unsafe state.pointee.directory[span].compareExchange(
      expected: old.bits, desired: slot.bits, ordering: .acquiringAndReleasing
    ).exchanged
    if isSet, unsafe state.pointee.hasMirror { tellMapped(page, 512, slot) }
    return isSet
  }

  private func makeTable(_ span: Int) -> AreaSlot {
    let table = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: 512)
    for slot in 0..<512 { unsafe (table + slot).initialize(to: Atomic(0)) }
    let made = AreaSlot(table: UInt(bitPattern: table))
    let (isFirst, found) = unsafe state.pointee.directory[span].compareExchange(
      expected: 0, desired: made.bits, ordering: .acquiringAndReleasing)
    if isFirst { return made }
    unsafe table.deallocate()
    return AreaSlot(bits: found)
  }

  /// Frees a private page that is mapped no more.
  private func release(_ old: AreaSlot) {
    guard old.isAnonymous else { return }
    unsafe UnsafeMutableRawPointer(bitPattern: old.address)?.deallocate()
  }

  /// Maps pages to nothing, huge mappings that overlap whole.
  ///
  /// The lock is held alone.
  func clear(_ pages: Range<Int>, dropsCopies: Bool) {
    let changed = change(pages) { old in
      if old.isAnonymous && !dropsCopies { return old }
      release(old)
      return .none
    }
    guard !changed.isEmpty, unsafe state.pointee.hasMirror,
      let mirror = unsafe state.pointee.mirror
    else { return }
    mirror.unmap(page: changed.lowerBound, count: changed.count)
  }

  /// Makes stores into pages fault again.
  ///
  /// The lock is held alone.
  func protect(_ pages: Range<Int>) {
    let changed = change(pages) { $0.isFrame ? $0.readOnly : $0 }
    guard !changed.isEmpty, unsafe state.pointee.hasMirror,
      let mirror = unsafe state.pointee.mirror
    else { return }
    mirror.protect(page: changed.lowerBound, count: changed.count)
  }

  /// Changes what is mapped, huge mappings whole.
  ///
  /// - Returns: The pages that were mapped, from the first to the last; more than were asked for
  ///   where a huge mapping reaches farther.
  private func change(_ pages: Range<Int>, _ body: (AreaSlot) -> AreaSlot) -> Range<Int> {
    var first = Int.max
    var end = 0
    var page = pages.lowerBound
    while page < pages.upperBound {
      let span = span(page)
      let next = min(page + 512 - number(page) & 511, pages.upperBound)
      let found = directorySlot(span)
      if found.isTable, let table = unsafe tablePointer(found) {
        for each in page..<next {
          let old = unsafe AreaSlot(bits: table[number(each) & 511].load(ordering: .relaxed))
          if old.isNone { continue }
          let new = body(old)
          unsafe table[number(each) & 511].store(new.bits, ordering: .releasing)
          first = min(first, each)
          end = each + 1
        }
      } else if !found.isNone {
        let new = body(found)
        unsafe state.pointee.directory[span].store(new.bits, ordering: .releasing)
        let base = page - number(page) & 511
        first = min(first, base)
        end = base + 512
      }
      page = next
    }
    return first < end ? first..<end : 0..<0
  }

  private func tellMapped(_ page: Int, _ count: Int, _ slot: AreaSlot) {
    guard let mirror = unsafe state.pointee.mirror else { return }
    if slot.isFrame {
      mirror.map(page: page, count: count, frame: slot.frame, isWritable: slot.isWritable)
    } else if slot.isZero {
      mirror.mapZero(page: page, count: count)
    }
  }
}

extension AreaTable {
  /// The pages of this mapping that show a file range.
  func pages(of file: Range<UInt64>) -> Range<Int> {
    let first = max(file.lowerBound, filePage)
    let end = min(file.upperBound, filePage + UInt64(pageCount))
    return first < end ? Int(first - filePage)..<Int(end - filePage) : 0..<0
  }

  /// Whether the mapping has all of the 2 MiB around a page, in the place of 2 MiB of the file.
  @inline(__always) func fitsSpan(_ page: Int) -> Bool {
    let inside = number(page) & 511
    return (Int(filePage) + page) & 511 == inside && page >= inside
      && page - inside + 512 <= pageCount
  }

  /// Pins the frame a page shows, before anybody can take the page away; nil without one.
  func pin(_ page: Int, _ pins: borrowing FramePins) -> Int? {
    lock.lockShared()
    defer { lock.unlockShared() }
    let slot = slot(page)
    guard slot.isFrame else { return nil }
    pins.pin(slot.frame)
    return slot.frame
  }
}
