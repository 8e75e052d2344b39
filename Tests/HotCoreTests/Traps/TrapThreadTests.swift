import Glibc
import HotCore
import Synchronization
import Testing

@Suite("Trap ranges and threads")
struct TrapThreadTests {
  @Test("threads that meet at one page all get it", arguments: TrapMechanism.available)
  func samePage(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    for page in 0..<64 {
      trapped.fill(filePage: page, 1)
      let wrong = Atomic(0)
      let waiting = Atomic(4)
      onThreads(4) { index in
        waiting.subtract(1, ordering: .relaxed)
        while waiting.load(ordering: .relaxed) > 0 { sched_yield() }
        if trapped.base.load(fromByteOffset: page * 4096 + 64 * index, as: UInt8.self) != 1 {
          wrong.add(1, ordering: .relaxed)
        }
        trapped.base.storeBytes(of: 9, toByteOffset: page * 4096 + 64 * index, as: UInt8.self)
      }
      #expect(wrong.load(ordering: .relaxed) == 0)
      let asked = trapped.asked()
      #expect(asked.contains(write(page)) && asked.count <= 16, "\(asked)")
      #expect(
        (0..<4).allSatisfy {
          trapped.base.load(
            fromByteOffset: page * 4096 + 64 * $0, as: UInt8.self) == 9
        })
    }
  }

  @Test("threads on pages of their own lose nothing", arguments: TrapMechanism.available)
  func ownPages(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism)
    onThreads(4) { index in
      for page in stride(from: index, to: 512, by: 4) {
        if trapped[page] == 0 { trapped[page] = UInt8(page & 127) + 1 }
      }
    }
    #expect((0..<512).allSatisfy { trapped.inFile($0) == UInt8($0 & 127) + 1 })
    #expect(Set(trapped.asked()).count == 1024)
  }

  @Test(
    "no store is lost while another thread unmaps and protects", arguments: TrapMechanism.available)
  func unmapping(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(pages: 4, mechanism: mechanism)
    let running = Atomic(3)
    let failures = Atomic(0)
    onThreads(4) { index in
      guard index < 3 else {
        var step = 0
        while running.load(ordering: .acquiring) > 0 {
          do {
            step += 1
            if step % 2 == 0 {
              try trapped.unmap(0, count: 4)
            } else {
              try trapped.protect(0, count: 4)
            }
          } catch {
            failures.add(1, ordering: .relaxed)
          }
          usleep(20)
        }
        return
      }
      // Each thread has a word of its own in each page, which only ever counts up.
      for step in 1...1500 {
        let word = trapped.base + (step % 4) * 4096 + index * 128
        let before = word.load(as: Int.self)
        word.storeBytes(of: before + 1, as: Int.self)
        if word.load(as: Int.self) != before + 1 { failures.add(1, ordering: .relaxed) }
      }
      running.subtract(1, ordering: .releasing)
    }
    #expect(failures.load(ordering: .relaxed) == 0)
    for page in 0..<4 {
      for index in 0..<3 {
        let count = (trapped.base + page * 4096 + index * 128).load(as: Int.self)
        #expect(count == 375)
      }
    }
  }

  @Test("after protect no store comes without a trap", arguments: TrapMechanism.available)
  func protectsExactly(_ mechanism: TrapMechanism) throws {
    // Counted when the page is mapped and before its writer goes on: a store that is later than a
    // protection is later than a count that came after it.
    let traps = Atomic(0)
    let trapped = try Trapped(pages: 1, mechanism: mechanism) { trapped, access in
      defer { if access.isWrite { traps.add(1, ordering: .sequentiallyConsistent) } }
      return try Trapped.identity(trapped, access)
    }
    let done = Atomic(false)
    let wrong = Atomic(0)
    onThreads(2) { index in
      if index == 0 {
        for step in 1...20_000 {
          trapped.base.storeBytes(of: step, as: Int.self)
          if step % 64 == 0 { sched_yield() }
        }
        done.store(true, ordering: .sequentiallyConsistent)
      } else {
        while !done.load(ordering: .sequentiallyConsistent) {
          let known = traps.load(ordering: .sequentiallyConsistent)
          guard (try? trapped.protect(0)) != nil else {
            wrong.add(1, ordering: .relaxed)
            continue
          }
          var before = 0
          pread(trapped.file, &before, 8, 0)
          sched_yield()
          var after = 0
          pread(trapped.file, &after, 8, 0)
          let isTrapped = traps.load(ordering: .sequentiallyConsistent) != known
          if before != after && !isTrapped { wrong.add(1, ordering: .relaxed) }
        }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect(trapped.inFile(0) == UInt8(20_000 & 255))
  }
}
