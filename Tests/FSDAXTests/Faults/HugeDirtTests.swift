import Testing

@testable import FSDAX

@Suite("Dirt of huge entries that are dropped in part")
struct HugeDirtTests {
  /// A file whose first 2 MiB are its own, stored to as one huge page, with staging over them.
  private struct Scene {
    let bed: FaultBed
    let file: FileID
    let area: VirtualArea

    init(_ profile: Profile) throws {
      bed = try FaultBed(profile, byteCount: 32 << 20)
      file = try bed.volume.create()
      try bed.volume.allocate(file, at: 0, byteCount: 2 * FaultBed.huge)
      try bed.write(file, 3, at: FaultBed.huge, byteCount: FaultBed.huge)
      let peer = try bed.volume.create()
      try bed.volume.clone(from: file, to: peer)
      area = try bed.area(file, pages: 512)
      #expect(bed.fault(area, 0, write: true, order: 9).flags == .noPage)
      for page in 0..<512 { try bed.store(area, UInt8(page & 127) + 1, at: page << 12) }
      // A write behind them reserves blocks for all of the hint's window.
      try bed.volume.setAttributes(of: file) { $0.cowExtentHint = 1024 }
      try bed.write(file, 4, at: 600 << 12)
      #expect(try bed.volume.inode(file).cow.extent(containing: 0).map { $0.end >= 512 } == true)
      #expect(try bed.entry(file)?.entry.isHuge == true)
    }

    /// Every page but one is dirty, small, and where the file's blocks are.
    func expectDirt(except clean: Int, lines: Int = 511 * 64) throws {
      for page in 0..<512 where page != clean {
        let entry = try #require(try bed.entry(file, UInt64(page)), "page \(page)").entry
        #expect(entry.isDirty && !entry.isHuge && !entry.isLocked, "page \(page)")
        #expect(try bed.block(file, UInt64(page)) == entry.frame, "page \(page)")
        #expect(bed.volume.frames.count(of: entry.frame) == 1, "page \(page)")
      }
      #expect(try bed.entry(file, UInt64(clean)) == nil)
      #expect(try bed.pages(file) == 511)
      let before = bed.volume.ledger
      try bed.volume.sync(file)
      #expect((bed.volume.ledger - before)[.linesFlushed] == lines)
    }
  }

  @Test("A copying write takes the dirt of its own page only", arguments: bothProfiles)
  func write(profile: Profile) throws {
    let scene = try Scene(profile)
    let (bed, file, area) = (scene.bed, scene.file, scene.area)
    let old = try #require(try bed.block(file, 7))
    try bed.write(file, 9, at: 7 << 12)
    #expect(try bed.block(file, 7) != old)
    #expect(bed.volume.frames.count(of: old) == 0)
    try scene.expectDirt(except: 7)
    for page in 0..<512 {
      #expect(try bed.load(area, at: page << 12) == [page == 7 ? 9 : UInt8(page & 127) + 1])
    }
    // A store after the write-back faults, and is dirty again.
    try bed.store(area, 8, at: 8 << 12)
    #expect(try bed.entry(file, 8)?.entry.isDirty == true)
  }

  @Test("So do zeroing, in both profiles, and unsharing", arguments: bothProfiles)
  func zeroAndUnshare(profile: Profile) throws {
    let zeroed = try Scene(profile)
    try zeroed.bed.volume.zero(zeroed.file, at: 511 << 12, byteCount: 4096)
    try zeroed.expectDirt(except: 511)
    #expect(try zeroed.bed.load(zeroed.area, at: 511 << 12) == [0])
    // H10 keeps the entry whole, with its frames.
    if profile.has(.unshareKeepsDirtyEntries) { return }
    let unshared = try Scene(profile)
    try unshared.bed.volume.unshare(unshared.file, at: 0, byteCount: 4096)
    try unshared.expectDirt(except: 0)
    #expect(try unshared.bed.load(unshared.area) == [1])
  }

  @Test("A deletion of a part leaves the rest dirty, and takes a clean huge entry whole")
  func delete() throws {
    let scene = try Scene(.strict)
    let inode = try scene.bed.volume.inode(scene.file)
    scene.bed.volume.deleteEntries(inode, 100..<101)
    try scene.expectDirt(except: 100)
    let clean = try Scene(.strict)
    try clean.bed.volume.sync(clean.file)
    clean.bed.volume.deleteEntries(try clean.bed.volume.inode(clean.file), 100..<101)
    #expect(try clean.bed.pages(clean.file) == 0)
  }

  @Test("Punching and shrinking write a huge entry back before it goes", arguments: [true, false])
  func layoutBreak(isPunch: Bool) throws {
    let scene = try Scene(.strict)
    let before = scene.bed.volume.ledger
    if isPunch {
      try scene.bed.volume.punch(scene.file, at: 7 << 12, byteCount: 4096)
    } else {
      try scene.bed.volume.truncate(scene.file, to: 7 << 12)
    }
    #expect((scene.bed.volume.ledger - before)[.linesFlushed] == 512 * 64)
    #expect(try scene.bed.pages(scene.file) == 0)
    #expect(try scene.bed.load(scene.area, at: 6 << 12) == [7])
  }

  @Test("A copying fault whose end fails leaves what was stored before dirty", arguments: [0, 9])
  func failedEnd(order: Int) throws {
    let bed = try FaultBed(byteCount: 32 << 20, alwaysCopies: true)
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: FaultBed.huge)
    let area = try bed.area(file, pages: 512)
    #expect(bed.fault(area, write: true, order: 9).flags == .noPage)
    try bed.store(area, 2, at: 7 << 12)
    let old = try #require(try bed.block(file))
    let other = try bed.area(file, pages: 512)
    bed.volume.failNextEnd(.EIO)
    #expect(bed.fault(other, 7, write: true, order: order).flags == .sigbus)
    #expect(other.table.slot(7).isNone && area.table.slot(7).isNone)
    for page in 0..<512 {
      let placed = try #require(try bed.entry(file, UInt64(page)), "page \(page)")
      #expect(placed.entry.isDirty && !placed.entry.isLocked, "page \(page)")
      #expect(placed.entry.frame + page - Int(placed.base) == old + page, "page \(page)")
      #expect(bed.volume.frames.count(of: old + page) == 1, "page \(page)")
    }
    #expect(try bed.pages(file) == 512)
    let before = bed.volume.ledger
    try bed.volume.sync(file)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 512 * 64)
    try bed.store(other, 3, at: 7 << 12 | 1)
    #expect(try bed.read(file, at: 7 << 12, byteCount: 3) == [2, 3, 0])
    #expect(try bed.load(area, at: 7 << 12, count: 3) == [2, 3, 0])
  }

  @Test("Random stores stay covered by dirty entries until a write-back", arguments: 1...12)
  func coverage(seed: Int) throws {
    let bed = try FaultBed(byteCount: 48 << 20, alwaysCopies: seed & 1 == 0)
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: 2 * FaultBed.huge)
    let peer = try bed.volume.create()
    let area = try bed.area(file, pages: 1024)
    var random = SplitMix(seed: UInt64(seed))
    var stored: Set<Int> = []
    try bed.volume.setAttributes(of: file) { $0.cowExtentHint = [1, 64, 1024][seed % 3] }
    for step in 0..<120 {
      let page = random.below(1024)
      let count = 1 + random.below([1, 4, 600][random.below(3)])
      let pages = page..<min(page + count, 1024)
      switch random.below(9) {
      case 0...4:
        // Every second store tries for a huge page first.
        if step & 1 == 0 { _ = bed.fault(area, page, write: true, order: 9) }
        try bed.store(area, UInt8(step), at: page << 12)
        stored.insert(page)
      case 5:
        try bed.write(file, UInt8(step), at: page << 12, byteCount: pages.count << 12)
        stored.subtract(pages)
      case 6:
        try bed.volume.zero(file, at: page << 12, byteCount: pages.count << 12)
        stored.subtract(pages)
      case 7:
        try bed.volume.unshare(file, at: page << 12, byteCount: pages.count << 12)
        stored.subtract(pages)
      default:
        // A huge entry is written back whole.
        let flushed = try bed.entry(file, UInt64(page))?.pages ?? 0..<0
        try bed.volume.sync(file, from: page << 12, byteCount: 4096)
        stored.subtract(flushed.map { Int($0) })
        guard random.below(2) == 0 else { continue }
        // A clone writes all back, and huge pages have a place again.
        _ = try bed.volume.clone(
          from: OpenFile(file, on: bed.volume), at: FaultBed.huge, byteCount: FaultBed.huge,
          to: OpenFile(peer, on: bed.volume), at: FaultBed.huge)
        stored.removeAll()
      }
      for page in stored {
        let placed = try bed.entry(file, UInt64(page))
        let frame = placed.map { $0.entry.frame + page - Int($0.base) }
        let block = try bed.block(file, UInt64(page))
        let isCovered = placed?.entry.isDirty == true && frame == block
        #expect(isCovered, "seed \(seed) step \(step) page \(page)")
      }
    }
  }
}
