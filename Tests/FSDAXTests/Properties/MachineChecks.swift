import Glibc
import Testing

@testable import FSDAX

/// What holds after every step, whatever it was.
extension Machine {
  func checkAll(_ ledger: Ledger) {
    if hasFailed { return }
    check(ledger[.begins] == ledger[.ends], "\(ledger[.begins]) begins, \(ledger[.ends]) ends")
    for file in files where !hasFailed { compare(file) }
    if !hasFailed, !kind.isHuge || step % 5 == 0 {
      checkBlocks()
      checkFrames()
    }
    for file in files where !hasFailed { checkEntries(file) }
  }

  private func compare(_ file: ModelFile) {
    let found = (try? rig.contents(file.id)) ?? []
    if found.count == file.size, memcmp(found, file.bytes, found.count) == 0 { return }
    let place = zip(found, file.bytes).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
    let values = place < 0 ? "" : "\(found[place]) for \(file.bytes[place])"
    fail("file \(file.id.number), \(found.count) of \(file.size) bytes, byte \(place): \(values)")
  }

  /// Invariant 3, of all blocks at once: references, free blocks and staging exclude each other.
  private func checkBlocks() {
    var references = [UInt32](repeating: 0, count: volume.device.pageCount)
    var staged = references
    for file in files {
      each(rig.inode(file.id), isStaging: false) { for block in $0 { references[block] += 1 } }
      each(rig.inode(file.id), isStaging: true) { for block in $0 { staged[block] += 1 } }
    }
    for block in references.indices where block % volume.groups.blocksPerGroup != 0 {
      let group = volume.groups.index(of: UInt32(block))
      let count = volume.groups[group].state.count(of: UInt32(block))
      let isFree = volume.groups[group].state.allocator.isFree(block % volume.groups.blocksPerGroup)
      if count != references[block] { fail("block \(block): \(count) for \(references[block])") }
      if isFree != (references[block] + staged[block] == 0) || staged[block] > 1
        || staged[block] > 0 && references[block] > 0
      {
        fail("block \(block) is free: \(isFree), staged \(staged[block]), used \(count)")
      }
    }
  }

  private func each(_ inode: Inode, isStaging: Bool, _ body: (Range<Int>) -> Void) {
    var next: UInt64 = 0
    while let extent = isStaging
      ? inode.cow.extent(atOrAfter: next) : inode.data.extent(atOrAfter: next)
    {
      body(Int(extent.device)..<Int(extent.device) + Int(extent.count))
      next = extent.end
    }
  }

  private func checkFrames() {
    let isDue = step % 10 == 0
    if let wrong = rig.wrongShareCount(files.map(\.id), asksFilesystem: isDue) { fail(wrong) }
  }

  /// The step changes bytes of a file, and so may take dirty entries of their pages away.
  func overwrites(_ file: ModelFile, _ bytes: Range<Int>) {
    excused[file.id.number, default: []].append(Self.pages(bytes))
  }

  /// The step writes bytes of a file back and takes their entries away: huge ones whole; upstream
  /// takes those of the whole file (H9).
  func breaksLayouts(_ file: ModelFile, _ bytes: Range<Int>? = nil) {
    let drops = kind.profile.has(.dirtyDroppedByLayoutBreak)
    let pages = drops ? nil : bytes.map { withHugeEntries(file, Self.pages($0)) }
    excused[file.id.number, default: []].append(pages ?? 0..<UInt64.max)
  }

  /// Pages, with the rest of each entry that reaches over them.
  func withHugeEntries(_ file: ModelFile, _ pages: Range<UInt64>) -> Range<UInt64> {
    rig.entries(file.id).map(\.pages).filter { $0.overlaps(pages) }.reduce(pages) {
      min($0.lowerBound, $1.lowerBound)..<max($0.upperBound, $1.upperBound)
    }
  }

  /// The pages that bytes lie in.
  static func pages(_ bytes: Range<Int>) -> Range<UInt64> {
    UInt64(bytes.lowerBound >> 12)..<UInt64((bytes.upperBound + 4095) >> 12)
  }

  /// Entries stand for the file's blocks as they are, mappings for entries, and invariant 6.
  private func checkEntries(_ file: ModelFile) {
    var byPage: [UInt64: Entry] = [:]
    for placed in rig.entries(file.id) {
      check(!placed.entry.isLocked, "the entry of page \(placed.base) is locked")
      for offset in 0..<Int(placed.entry.pageCount) {
        let page = placed.base + UInt64(offset)
        byPage[page] = placed.entry
        checkEntry(file, page, placed.entry, offset)
      }
    }
    for each in file.areas { checkSlots(each.area, byPage) }
    for page in file.dirty {
      if let entry = byPage[page], entry.hasFrames, entry.isDirty { continue }
      let isExcused = excused[file.id.number]?.contains { $0.contains(page) } ?? false
      if byPage[page] == nil, isExcused {
        file.dirty.remove(page)
      } else {
        fail("page \(page) of file \(file.id.number) is not dirty any more")
      }
    }
  }

  private func checkEntry(_ file: ModelFile, _ page: UInt64, _ entry: Entry, _ offset: Int) {
    let block = rig.block(file.id, page)
    let state = rig.state(file.id, page)
    if entry.isZero, state == .written {
      fail("page \(page) of file \(file.id.number) is zeros in the cache")
    }
    if entry.hasFrames, block != UInt32(entry.frame + offset) || state != .written {
      fail("page \(page) of file \(file.id.number) has frame \(entry.frame + offset)")
    }
  }

  private func checkSlots(_ area: VirtualArea, _ entries: [UInt64: Entry]) {
    area.table.lock.lockShared()
    defer { area.table.lock.unlockShared() }
    for page in 0..<area.pageCount {
      let slot = area.table.slot(page)
      if slot.isNone || slot.isAnonymous { continue }
      guard let entry = entries[UInt64(area.filePage + page)] else {
        fail("page \(page) of a mapping has no entry")
        return
      }
      if slot.isZero { check(!entry.hasFrames, "page \(page) shows zeros over a frame") }
      if slot.isFrame {
        let inside = entry.isHuge ? (area.filePage + page) & 511 : 0
        check(
          entry.hasFrames && entry.frame + inside == slot.frame, "page \(page) shows a frame")
        check(!slot.isWritable || entry.isDirty, "page \(page) is writable and clean")
      }
    }
  }

  /// All pages through all mappings.
  func compareAreas() {
    note = "comparing mappings"
    for file in files {
      for each in file.areas where !hasFailed {
        for page in 0..<each.area.pageCount { comparePage(file, each, page) }
      }
    }
    checkAll(Ledger())
  }

  /// One page through a mapping, behind the end too.
  func comparePage(_ file: ModelFile, _ mapped: ModelArea, _ page: Int, order: Int = 0) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let error = errno {
      var span = bytes.mutableSpan
      var raw = span.mutableBytes
      try volume.load(mapped.area, at: page << 12, into: &raw, order: order)
    }
    let filePage = mapped.area.filePage + page
    if let copy = mapped.copies[page] {
      check(error == nil, "a private page: \(error.debugDescription)")
      for place in copy.indices where copy[place] >= 0 && Int16(bytes[place]) != copy[place] {
        return fail("private page \(page), byte \(place): \(bytes[place]) for \(copy[place])")
      }
      return
    }
    if filePage >= file.pageCount {
      return check(error == .EIO, "page \(page) behind the end: \(error.debugDescription)")
    }
    guard error == nil else { return fail("page \(page): \(error.debugDescription)") }
    let start = filePage << 12
    let count = min(4096, file.size - start)
    if !areEqual(file.bytes, at: start, bytes, count: count) {
      fail("page \(page) of file \(file.id.number) through a mapping")
    }
  }

  /// Fills what no file has as data, so that it shows when somebody publishes it too early.
  func fillUnreachable() {
    var holds = [Bool](repeating: false, count: volume.device.pageCount)
    for group in 0..<volume.groups.count { holds[group * volume.groups.blocksPerGroup] = true }
    var staged: Set<Int> = []
    for file in files {
      let inode = rig.inode(file.id)
      var next: UInt64 = 0
      while let extent = inode.data.extent(atOrAfter: next) {
        for block in extent.deviceBlocks {
          holds[Int(block)] = extent.state == .written
          if extent.state != .written { staged.insert(Int(block)) }
        }
        next = extent.end
      }
      each(inode, isStaging: true) { staged.formUnion($0) }
    }
    for block in holds.indices where !holds[block] {
      let value = staged.contains(block) ? Payload.staged : Payload.free
      memset(volume.device.base + block << 12, Int32(value), 4096)
    }
  }
}
