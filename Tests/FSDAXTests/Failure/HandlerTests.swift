import Testing

@testable import FSDAX

@Suite("failure handling")
struct HandlerTests {
  /// Inode 42 with pages from 1000 on in 100 blocks; the first one's neighbours are free.
  private func mapped() throws -> (Rig, FileID, UInt32) {
    let rig = try Rig()
    for _ in 1..<42 { _ = try rig.volume.create() }
    let file = try rig.volume.create()
    #expect(file.number == 42)
    let filler = try rig.volume.create()
    try rig.volume.allocate(filler, at: 0, byteCount: 99 * 4096)
    try rig.volume.allocate(file, at: 1000 * 4096, byteCount: 100 * 4096)
    try rig.volume.remove(filler)
    let first = try #require(rig.block(file, 1000))
    #expect(first > 10 && rig.block(file, 1099) == first + 99, "one run")
    return (rig, file, first)
  }

  private func notice(
    _ blocks: Range<UInt32>, _ flags: FailureNotice.Flags = .actionRequired
  ) -> FailureNotice {
    FailureNotice(
      first: UInt64(blocks.lowerBound) << 12, byteCount: UInt64(blocks.count) << 12, flags)
  }

  /// Tasks of their own for every file, and an entry for every page that has a block.
  private func scene(_ rig: Rig, _ files: [FileID], isEarly: Bool = true) -> FailureScene {
    var scene = FailureScene()
    scene.tasks = files.enumerated().map { index, file in
      MappingTask(
        task: 100 + index, memory: index, wantsEarlyKill: isEarly, inode: file.number,
        pages: 0..<1 << 20, place: .mapped(address: 0x7000_0000, shift: 12))
    }
    scene.entry = { number, page in
      rig.volume.inodes.inode(number)?.data.extent(containing: page).map {
        CachedFrame(
          baseIndex: page, frame: $0.device + UInt32(page - $0.first), isHuge: false)
      }
    }
    return scene
  }

  @Test(
    "N-2, N-3: pages of a range of blocks",
    arguments: [(150..<160, 1050..<1060), (90..<110, 1000..<1010), (190..<240, 1090..<1100)]
      as [(Range<UInt32>, Range<UInt64>)])
  func pages(blocks: Range<UInt32>, pages: Range<UInt64>) throws {
    let (rig, file, first) = try mapped()
    // The vectors place the run at block 100.
    let range = blocks.lowerBound + first - 100..<blocks.upperBound + first - 100
    let outcome = try rig.volume.notifyFailure(notice(range), scene(rig, [file]))
    #expect(outcome.runs == [FailedRun(inode: 42, pages: pages)])
    #expect(outcome.orders.count == pages.count)
    #expect(rig.volume.poisonedFrames.frames.count == pages.count)
  }

  @Test("N-4, N-5: all sharers in memory are told, and one frame is marked")
  func sharers() throws {
    let rig = try Rig()
    let (first, second) = try rig.sharedPair(pattern(4096))
    let third = try rig.volume.create()
    rig.shareBlocks(first, with: third)
    let block = try #require(rig.block(first, 0))
    var scene = scene(rig, [first, second, third])
    let all = try rig.volume.notifyFailure(notice(block..<block + 1), scene)
    #expect(Set(all.orders.map(\.task)) == [100, 101, 102])
    #expect(rig.volume.poisonedFrames.frames == [block])
    scene.isInMemory = { $0 != second.number }
    let some = try rig.volume.notifyFailure(notice(block..<block + 1), scene)
    #expect(Set(some.orders.map(\.task)) == [100, 102])
    #expect(!rig.volume.isShutDown)
  }

  @Test("N-6: lost metadata shuts the volume down; a removal ignores it")
  func metadata() throws {
    let rig = try Rig()
    let file = try rig.file(pattern(4096))
    let failed = errno { try rig.volume.notifyFailure(notice(0..<2), scene(rig, [file])) }
    #expect(failed == .EFSCORRUPTED && rig.volume.isShutDown)
    #expect(errno { try rig.contents(file) } == .EIO)
    let other = try Rig()
    let removed = errno {
      try other.volume.notifyFailure(notice(0..<2, .removal), scene(other, []))
    }
    #expect(removed == nil)
  }

  /// A file that is not DAX and, with a higher number, one that is; a block each.
  private func mixed(
    _ edit: (inout VolumeOptions) -> Void = { _ in }
  ) throws -> (rig: Rig, plain: FileID, dax: FileID, blocks: Range<UInt32>) {
    let rig = try Rig(.strict, byteCount: 4 << 20, edit)
    let plain = try rig.file(pattern(4096))
    try rig.volume.setAttributes(of: plain) { $0.isDAX = false }
    let dax = try rig.file(pattern(4096))
    #expect(plain.number < dax.number)
    let last = max(try #require(rig.block(plain, 0)), try #require(rig.block(dax, 0)))
    return (rig, plain, dax, 0..<last + 1)
  }

  @Test("A file that is not DAX keeps nobody from being told, and lost metadata from nothing")
  func notDAX() throws {
    let (rig, plain, dax, blocks) = try mixed()
    let scene = scene(rig, [plain, dax])
    let data = try rig.volume.notifyFailure(notice(1..<blocks.upperBound), scene)
    #expect(data.runs.map(\.inode) == [plain.number, dax.number])
    #expect(data.orders.map(\.task) == [101])
    let marked = try #require(rig.block(dax, 0))
    #expect(rig.volume.poisonedFrames.frames == [marked])
    #expect(!rig.volume.isShutDown)
    #expect(errno { try rig.volume.notifyFailure(notice(blocks), scene) } == .EFSCORRUPTED)
    #expect(rig.volume.isShutDown)
  }

  @Test("A removal takes the pages of a file that is not DAX away, too, and tells nobody")
  func removalNotDAX() throws {
    let (rig, plain, dax, blocks) = try mixed()
    let areas = try [plain, dax].map { try rig.volume.makeArea($0, at: 0, pageCount: 1) }
    for area in areas {
      #expect(rig.volume.fault(area, page: 0, isWrite: true).flags == .noPage)
    }
    let outcome = try rig.volume.notifyFailure(
      notice(blocks, .removal), scene(rig, [plain, dax]))
    #expect(outcome.orders.map(\.task) == [101])
    for area in areas { #expect(area.table.slot(0).isNone) }
  }

  @Test("The generic handler is busy with a file that is not DAX")
  func genericNotDAX() throws {
    let (rig, plain, dax, blocks) = try mixed { $0.hasReverseMap = false }
    let scene = scene(rig, [plain, dax])
    func failed(_ file: FileID) throws -> [Int] {
      let owner = FrameOwner.page(inode: file.number, index: 0)
      return try rig.volume.memoryFailed(notice(blocks), owner: owner, scene).orders.map(\.task)
    }
    #expect(errno { try failed(plain) } == .EBUSY)
    #expect(try failed(dax) == [101])
  }

  @Test("N-7, N-11: without a reverse map or a holder the generic handler decides")
  func generic() throws {
    let rig = try Rig { $0.hasReverseMap = false }
    let (first, second) = try rig.sharedPair(pattern(4096))
    let block = try #require(rig.block(first, 0))
    let range = notice(block..<block + 1)
    let scene = scene(rig, [first, second])
    #expect(errno { try rig.volume.notifyFailure(range, scene) } == .EOPNOTSUPP)
    #expect(errno { try rig.volume.memoryFailed(range, owner: .several, scene) } == .EBUSY)
    #expect(rig.volume.poisonedFrames.frames.isEmpty)
    let one = FrameOwner.page(inode: first.number, index: 0)
    let outcome = try rig.volume.memoryFailed(range, owner: one, scene)
    #expect(outcome.orders.map(\.task) == [100], "that one file's mappers")
    #expect(try rig.volume.memoryFailed(range, owner: .nobody, scene) == FailureOutcome())

    let layered = try Rig()
    layered.volume.device.holder.remove(Volume.holderID)
    #expect(errno { try layered.volume.memoryFailed(range, owner: .several, scene) } == .EBUSY)
  }

  @Test("N-12: after removal nothing is reached, and all mappers have been told")
  func removal() throws {
    let rig = try Rig()
    let (first, second) = try rig.sharedPair(pattern(4096))
    let outcome = try rig.volume.removeDevice(scene(rig, [first, second], isEarly: false))
    #expect(Set(outcome.orders.map(\.task)) == [100, 101])
    #expect(rig.volume.poisonedFrames.frames.isEmpty, "nothing is broken")
    #expect(errno { try rig.volume.device.access(page: 0, count: 1) } == .ENXIO)
    #expect(errno { try rig.read(first, 0, 10) } == .EIO)
    #expect(errno { try rig.write(first, 0, [1]) } == .EIO)
    let isHeld = rig.volume.device.holder.isHeld
    #expect(!isHeld && rig.volume.isShutDown)
    #expect(errno { try rig.volume.recover() } == .ENXIO)
    // Without a filesystem's shutdown it is the device that says no.
    rig.volume.isShutDown = false
    #expect(errno { try rig.read(first, 0, 10) } == .EIO)
    #expect(errno { try rig.write(second, 0, [1]) } == .EIO)
    #expect(errno { try rig.volume.zero(second, at: 0, byteCount: 10) } == .EIO)
  }

  @Test("N-13, H11: the page marked in a huge entry")
  func hugeEntry() {
    let entry = CachedFrame(baseIndex: 512, frame: 1024, isHuge: true)
    #expect(entry.marked(at: 700, .upstream) == 1024)
    #expect(entry.marked(at: 700, .strict) == 1024 + 188)
    #expect(entry.marked(at: 700, Profile(hazards: .headPagePoisoned)) == 1024)
    let small = CachedFrame(baseIndex: 700, frame: 9, isHuge: false)
    #expect(small.marked(at: 700, .strict) == 9 && small.marked(at: 700, .upstream) == 9)
  }

  @Test("the current task, early killers, lost and invalid addresses")
  func selection() {
    func task(
      _ task: Int, memory: Int, early: Bool = false, _ place: MappingTask.Place? = nil,
      pages: Range<UInt64> = 10..<20
    ) -> MappingTask {
      MappingTask(
        task: task, memory: memory, wantsEarlyKill: early, inode: 1, pages: pages,
        place: place ?? .mapped(address: 0x10000, shift: 21))
    }
    let tasks = [
      task(1, memory: 1), task(2, memory: 2), task(3, memory: 3, early: true),
      task(4, memory: 4, early: true, .notFound), task(5, memory: 5, early: true, .invalid),
      task(6, memory: 6, early: true, pages: 0..<10), task(7, memory: 1),
    ]
    let selection = KillSelection(current: (task: 7, memory: 1))
    let required = selection.orders(tasks, inode: 1, page: 12, .actionRequired)
    #expect(
      required == [
        KillOrder(task: 7, signal: .busActionRequired, address: 0x12000, shift: 21),
        KillOrder(task: 3, signal: .busActionOptional, address: 0x12000, shift: 21),
        KillOrder(task: 5, signal: .kill),
      ])
    #expect(selection.orders(tasks, inode: 1, page: 12, []).map(\.task) == [3, 5])
    #expect(selection.orders(tasks, inode: 1, page: 12, .removal).map(\.task) == [1, 2, 3, 5])
    let everyone = KillSelection(killsEarly: true)
    #expect(everyone.orders(tasks, inode: 1, page: 19, []).map(\.task) == [1, 2, 3, 5])
    #expect(selection.orders(tasks, inode: 2, page: 12, .removal).isEmpty)
    #expect(selection.orders(tasks, inode: 1, page: 20, .removal).isEmpty)
  }
}
