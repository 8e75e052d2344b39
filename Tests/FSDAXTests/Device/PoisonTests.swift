import Testing

@testable import FSDAX

@Suite("poison and recovery write")
struct PoisonTests {
  private func poisoned(
    _ profile: Profile = .strict, blocks: Int = 2, sectors: Range<Int>
  ) throws -> (Rig, FileID) {
    let rig = try Rig(profile)
    let file = try rig.file(pattern(blocks * 4096))
    rig.poison(file, 0, sectors: sectors)
    return (rig, file)
  }

  @Test(
    "P-1: pages up to the first bad sector, at least one",
    arguments: [(0, 1), (3, 1), (8, 1), (9, 2), (16, 2)])
  func window(bad: Int, pages: Int) throws {
    let rig = try Rig()
    rig.volume.device.badBlocks.insert(80 + bad..<81 + bad)
    #expect(try rig.volume.device.access(page: 10, count: 4, .recovery) == pages)
    #expect(errno { try rig.volume.device.access(page: 10, count: 4) } == .EHWPOISON)
  }

  @Test("P-2: a whole aligned page over poison heals", arguments: bothProfiles)
  func healsPage(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 2..<3)
    #expect(errno { try rig.read(file, 0, 10) } == .EIO)
    let ledger = try rig.counting { try rig.write(file, 0, pattern(4096, 5)) }
    #expect(ledger[.bytesRecovered] == 4096)
    #expect(try rig.read(file, 0, 8192) == pattern(4096, 5) + Array(pattern(8192)[4096...]))
    #expect(!rig.hasPoison)
  }

  @Test("P-3: a sector over poison is EFAULT, and the poison stays", arguments: bothProfiles)
  func sectorAlone(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 0..<1)
    #expect(errno { try rig.write(file, 0, pattern(512, 5)) } == .EFAULT)
    #expect(errno { try rig.read(file, 0, 10) } == .EIO)
  }

  @Test("P-4: two pages with poison in the second heal together", arguments: bothProfiles)
  func twoPages(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 9..<10)
    let ledger = try rig.counting { () throws in
      #expect(try rig.write(file, 0, pattern(8192, 5)) == 8192)
    }
    #expect(ledger[.bytesRecovered] == 8192)
    #expect(try rig.contents(file) == pattern(8192, 5))
  }

  @Test("P-5: poison in the first page: it heals, the rest follows", arguments: bothProfiles)
  func firstOfMore(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 0..<1)
    let ledger = try rig.counting { () throws in
      #expect(try rig.write(file, 0, pattern(6000, 5)) == 6000)
    }
    #expect(ledger[.bytesRecovered] == 4096 && ledger[.bytesWritten] == 6000)
    #expect(try rig.contents(file) == pattern(6000, 5) + Array(pattern(8192)[6000...]))
  }

  @Test("P-6: poison in the second page and no whole pages: EFAULT", arguments: bothProfiles)
  func notWholePages(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 9..<10)
    #expect(errno { try rig.write(file, 0, pattern(6000, 5)) } == .EFAULT)
    #expect(try rig.read(file, 0, 4096) == Array(pattern(8192)[..<4096]))
    #expect(rig.hasPoison)
  }

  @Test("P-7: zeroing the whole page heals", arguments: bothProfiles)
  func zeroHeals(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 4..<6)
    #expect(try rig.volume.zero(file, at: 0, byteCount: 4096))
    #expect(try rig.read(file, 0, 4096) == zeros(4096))
  }

  @Test("P-8: zeroing a part of it is EIO", arguments: bothProfiles)
  func zeroPart(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 4..<6)
    #expect(errno { try rig.volume.zero(file, at: 0, byteCount: 100) } == .EIO)
    #expect(rig.hasPoison)
  }

  @Test("P-9, H8: a whole block over a shared poisoned one", arguments: bothProfiles)
  func sharedSource(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(4096))
    rig.poison(peer, 0, sectors: 0..<8)
    let result = errno { try rig.write(file, 0, pattern(4096, 5)) }
    #expect(result == (profile == .strict ? nil : .EIO))
    if profile == .strict { #expect(try rig.contents(file) == pattern(4096, 5)) }
    #expect(errno { try rig.contents(peer) } == .EIO)
    rig.expectInvariants()
  }

  @Test("P-10: a medium that refuses: nothing written, nothing healed", arguments: bothProfiles)
  func clearFails(_ profile: Profile) throws {
    let (rig, file) = try poisoned(profile, sectors: 0..<1)
    rig.volume.device.setHealing(false)
    #expect(errno { try rig.write(file, 0, pattern(4096, 5)) } == .EFAULT)
    #expect(errno { try rig.volume.zero(file, at: 0, byteCount: 4096) } == .EIO)
    #expect(rig.hasPoison)
    rig.volume.device.badBlocks.remove(0..<Int.max)
    #expect(try rig.contents(file) == pattern(8192))
  }

  @Test("P-11: a read across poison, and before it")
  func read() throws {
    let (rig, file) = try poisoned(sectors: 8..<9)
    #expect(errno { try rig.read(file, 0, 8192) } == .EIO)
    #expect(try rig.read(file, 0, 4096) == Array(pattern(8192)[..<4096]))
  }

  @Test(
    "H1: a short buffer before poison in the blocks of a copy-on-write",
    arguments: [Hazards(), .staleAfterShortCopy])
  func shortRecovery(_ hazards: Hazards) throws {
    let rig = try Rig(Profile(hazards: hazards))
    let old = pattern(8192)
    let (file, _) = try rig.sharedPair(old)
    rig.prefillFree(0xaa)
    // Staged already, so that the second of the new blocks can be poisoned before the write.
    let inode = rig.inode(file)
    _ = try rig.volume.begin(
      inode, position: 0, byteCount: 8192, [.write, .dax], rig.volume.ledgers.mine)
    let found = inode.cow.extent(atOrAfter: 0)
    let staged = try #require(found)
    #expect(staged.first == 0 && staged.count >= 2)
    let sector = Int(staged.device) * 8
    rig.volume.device.badBlocks.insert(sector + 9..<sector + 10)
    let pages = GuardedPages(4096)
    let data = UnsafeRawBufferPointer(pages.tail(readable: 100, asked: 8192))
    #expect(try rig.volume.write(file, at: 0, data) == 100)
    #expect(try rig.read(file, 0, 100) == zeros(100))
    let rest = try rig.read(file, 100, 3996)
    #expect(
      rest == (hazards.isEmpty ? Array(old[100..<4096]) : [UInt8](repeating: 0xaa, count: 3996)))
    #expect(try rig.read(file, 4096, 4096) == Array(old[4096...]))
    rig.expectInvariants()
  }

  @Test("sectors inserted and removed against a set", arguments: [1, 2, 3] as [UInt64])
  func badBlockSet(seed: UInt64) {
    let bad = BadBlocks()
    var model: Set<Int> = []
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<500 {
      let first = next(60)
      let range = first..<first + next(9)
      if next(2) == 0 {
        bad.insert(range)
        model.formUnion(range)
      } else {
        bad.remove(range)
        model.subtract(range)
      }
      let isEmpty = bad.isEmpty
      #expect(isEmpty == model.isEmpty)
      let probe = next(60)
      let window = probe..<probe + next(12)
      #expect(bad.first(in: window) == model.filter { window.contains($0) }.min(), "\(seed)")
    }
  }
}
