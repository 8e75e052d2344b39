import Glibc
import HotCore
import Synchronization
import Testing

@testable import FSDAX

@Suite("Real mappings and threads")
struct MappingThreadTests {
  private static let pages = 4
  private static let rounds = 150

  @Test(
    "stores into two clones stay apart while clones are taken", arguments: TrapMechanism.usable)
  func storesAndClones(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable(byteCount: 8 << 20)
    let files = [try rig.file(zeros(Self.pages * Rig.page))]
    let all = files + [try rig.clone(files[0])]
    let mappings = try all.map { try rig.map($0, mechanism, pages: Self.pages) }
    let running = Atomic(4)
    let wrong = Atomic(0)
    // Threads 0 and 1 share the first file's pages, 2 and 3 the second's; each has a word of its
    // own in each page, and counts up in it.
    onThreads(5) { index in
      guard index < 4 else {
        while running.load(ordering: .acquiring) > 0 {
          guard let copy = try? rig.clone(all[0]), let bytes = try? rig.contents(copy) else {
            wrong.add(1000, ordering: .relaxed)
            return
          }
          wrong.add(Self.strangeWords(bytes, of: 0), ordering: .relaxed)
          try? rig.volume.remove(copy)
          _ = try? rig.volume.sync(all[1])
        }
        return
      }
      for round in 1...Self.rounds {
        for page in 0..<Self.pages {
          let word = mappings[index / 2].base + page * Rig.page + index * 64
          let value = UInt64(index) << 32 | UInt64(round)
          let before = word.load(as: UInt64.self)
          if before != (round == 1 ? 0 : value - 1) { wrong.add(1, ordering: .relaxed) }
          word.storeBytes(of: value, as: UInt64.self)
        }
      }
      running.subtract(1, ordering: .releasing)
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
    for (which, file) in all.enumerated() {
      let bytes = try rig.contents(file)
      #expect(Self.strangeWords(bytes, of: which) == 0)
      for page in 0..<Self.pages {
        for index in which * 2..<which * 2 + 2 {
          let word = Self.word(bytes, page * Rig.page + index * 64)
          #expect(word == UInt64(index) << 32 | UInt64(Self.rounds))
        }
      }
    }
    rig.expectInvariants()
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    bytes.withUnsafeBytes { $0.load(fromByteOffset: offset, as: UInt64.self) }
  }

  /// Words that are neither old nor stored by a thread of the file at its place.
  private static func strangeWords(_ bytes: [UInt8], of file: Int) -> Int {
    stride(from: 0, to: bytes.count, by: 8).count { offset in
      let word = word(bytes, offset)
      let place = offset % Rig.page
      let index = place / 64
      if word == 0 { return false }
      return place % 64 != 0 || index / 2 != file || Int(word >> 32) != index
        || !(1...rounds).contains(Int(word & 0xffff_ffff))
    }
  }

  @Test("threads that copy one page at once copy it once", arguments: TrapMechanism.usable)
  func oneCopy(_ mechanism: TrapMechanism) throws {
    for _ in 0..<20 {
      let rig = try Rig.mappable(byteCount: 1 << 20)
      let file = try rig.file(page(of: 0x61))
      let peer = try rig.clone(file)
      let mapping = try rig.map(file, mechanism)
      let counted = rig.counting {
        onThreads(4) { index in _ = mapping.store(UInt8(index), at: index) }
      }
      #expect(counted[.cowFaults] == 1)
      #expect(try rig.contents(file) == [0, 1, 2, 3] + page(of: 0x61)[4...])
      #expect(try rig.contents(peer) == page(of: 0x61))
      rig.expectInvariants()
    }
  }

  @Test("mappings come and go while others fault", arguments: TrapMechanism.usable)
  func lives(_ mechanism: TrapMechanism) throws {
    let rig = try Rig.mappable()
    let file = try rig.file(page(of: 1))
    let failures = Atomic(0)
    onThreads(3) { index in
      for _ in 0..<40 {
        if index == 2 {
          if (try? rig.clone(file)).map({ try? rig.volume.remove($0) }) == nil {
            failures.add(1, ordering: .relaxed)
          }
          continue
        }
        guard let mapping = try? rig.map(file, mechanism), mapping.store(UInt8(index), at: index),
          mapping.load(at: index) == UInt8(index)
        else {
          failures.add(1, ordering: .relaxed)
          continue
        }
      }
    }
    #expect(failures.load(ordering: .relaxed) == 0)
    #expect(try rig.read(file, 0, 3) == [0, 1, 1])
    rig.expectInvariants()
  }

  @Test(
    "too many mappings are a bus error, and no page stays that should go",
    .enabled(if: !isSanitized, "a sanitizer needs mappings itself"))
  func mappingLimit() async throws {
    let limit = TextFile.number("/proc/sys/vm/max_map_count") ?? 0
    guard limit > 0, limit < 100_000 else { return }
    await #expect(processExitsWith: .success) {
      let rig = try Rig.mappable()
      // Small blocks that are neighbours in the file and not on the device.
      let (file, other) = (try rig.volume.create(), try rig.volume.create())
      for index in 0..<128 {
        try rig.write(index % 2 == 0 ? file : other, index / 2 * 4096, page(of: UInt8(index)))
      }
      let mapping = try rig.map(file, .signal, pages: 64)
      let second = try rig.map(other, .signal, pages: 64)
      let flags = MAP_SHARED | MAP_ANONYMOUS
      while let filler = mmap(nil, 4096, PROT_NONE, flags, -1, 0), filler != MAP_FAILED {}
      var count = 0
      while count < 64, mapping.load(at: count << 12) == UInt8(count * 2) { count += 1 }
      guard count < 64, mapping.load(at: count << 12) == nil else { exit(1) }
      // Pages are taken away at the limit.
      guard count == 0 || mapping.load(at: 8) == 0 else { exit(2) }
      try rig.volume.truncate(file, to: 0)
      for page in 0..<64 where mapping.load(at: page << 12) != nil { exit(3) }
      for page in 0..<64 {
        if let byte = second.load(at: page << 12), byte != UInt8(page * 2 + 1) { exit(4) }
      }
    }
  }
}
