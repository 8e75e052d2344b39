import Testing

@testable import FSDAX

@Suite("A volume that is shut down")
struct ShutdownTests {
  @Test("A sync is EIO, and what is dirty stays so", arguments: bothProfiles)
  func sync(_ profile: Profile) throws {
    let bed = try FaultBed(profile)
    let file = try bed.file(1)
    let area = try bed.area(file)
    try bed.store(area, 2)
    let inode = try bed.volume.inode(file)
    inode.recordWritebackError(.ENOSPC)
    bed.volume.isShutDown = true
    let before = bed.volume.ledger
    for _ in 0..<2 {
      #expect(throws: FSDAXError(.EIO, .sync, file)) { try bed.volume.sync(file) }
    }
    #expect((bed.volume.ledger - before)[.linesFlushed] == 0)
    #expect(try bed.entry(file)?.entry.isDirty == true)
    #expect(inode.hasUnsyncedMetadata)
    bed.volume.isShutDown = false
    #expect(throws: FSDAXError(.ENOSPC, .sync, file)) { try bed.volume.sync(file) }
    try bed.volume.sync(file)
    #expect(!inode.hasUnsyncedMetadata)
  }

  @Test("The end of a synchronous fault is SIGBUS, and maps nothing")
  func synchronousFault() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 4096)
    let area = try bed.area(file, isSynchronous: true)
    let outcome = bed.fault(area, write: true)
    #expect(outcome.flags == [.needsSync, .major])
    bed.volume.isShutDown = true
    #expect(bed.volume.finishSynchronousFault(area, page: 0, outcome).flags == .sigbus)
    #expect(area.table.slot(0).isNone)
    #expect(try bed.volume.inode(file).hasUnsyncedMetadata)
  }

  @Test("A snapshot is EIO, or EOPNOTSUPP without reflink, and leaves no copy")
  func snapshot() throws {
    for hasReflink in [true, false] {
      let rig = try Rig {
        $0.personality = .btrfs
        $0.hasReflink = hasReflink
      }
      let file = try rig.file(pattern(8192))
      let free = rig.volume.freeByteCount
      for isShutDown in [true, false] where isShutDown || !hasReflink {
        rig.volume.isShutDown = isShutDown
        let error = errno { try rig.volume.snapshot(file) }
        #expect(error == (hasReflink ? .EIO : .EOPNOTSUPP))
      }
      rig.volume.isShutDown = false
      let live = rig.volume.inodes.numbers.count {
        rig.volume.inodes.inode($0)?.isLive == true
      }
      #expect(live == 1 && rig.volume.freeByteCount == free)
      #expect(!rig.inode(file).isReflink)
      #expect(try rig.contents(file) == pattern(8192))
    }
  }
}
