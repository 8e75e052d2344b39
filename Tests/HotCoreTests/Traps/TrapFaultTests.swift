import CHost
import Glibc
import HotCore
import Testing

@Suite("Trap ranges and bus errors")
struct TrapFaultTests {
  /// Pages below 2 resolve, 2 is a bus error, 3 is one for writes alone.
  static let partly: Trapped.Rule = { trapped, access in
    if access.page == 2 || (access.page == 3 && access.isWrite) { return .sigbus }
    return try Trapped.identity(trapped, access)
  }

  @Test("guarded accesses see the answer, again each time", arguments: TrapMechanism.available)
  func guarded(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism, rule: Self.partly)
    trapped.fill(filePage: 1, 7)
    trapped.fill(filePage: 3, 8)
    #expect(GuardedAccess.load(trapped.base + 4096) == 7)
    #expect(GuardedAccess.store(6, to: trapped.base) && trapped.inFile(0) == 6)
    #expect(trapped.asked() == [read(1), write(0)])
    for _ in 0..<3 {
      #expect(GuardedAccess.load(trapped.base + 2 * 4096 + 5) == nil)
      #expect(!GuardedAccess.store(1, to: trapped.base + 3 * 4096 - 1))
      #expect(trapped.asked() == [read(2), write(2)])
    }
    // Who may read goes on reading when a write was refused.
    for _ in 0..<3 {
      #expect(GuardedAccess.load(trapped.base + 3 * 4096) == 8)
      #expect(!GuardedAccess.store(1, to: trapped.base + 3 * 4096))
      #expect(trapped[3] == 8)
      #expect(trapped.asked().filter { $0 != read(3) } == [write(3)])
    }
    // A page that can be had later is had.
    try trapped.map(2, at: 2, isWritable: true)
    #expect(GuardedAccess.store(1, to: trapped.base + 2 * 4096) && trapped[2] == 1)
  }

  @Test("a refused page can be mapped and unmapped", arguments: TrapMechanism.available)
  func refused(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism, rule: Self.partly)
    for _ in 0..<3 {
      #expect(GuardedAccess.load(trapped.base + 2 * 4096) == nil)
      try trapped.map(2, at: 2, isWritable: false)
      #expect(trapped[2] == 0)
      #expect(!GuardedAccess.store(1, to: trapped.base + 2 * 4096))
      try trapped.protect(2)
      #expect(trapped[2] == 0)
      try trapped.unmap(2)
    }
  }

  @Test(
    "a guarded copy goes on through resolvable pages and stops at others",
    arguments: TrapMechanism.available)
  func residue(_ mechanism: TrapMechanism) throws {
    let target = GuardedMemory(16384)
    for from in [0, 1, 4095, 4096, 8100, 8190, 8191, 8192] {
      let trapped = try Trapped(mechanism: mechanism, rule: Self.partly)
      trapped.fill(filePage: 0, 3)
      trapped.fill(filePage: 1, 3)
      target.fill(0xA5)
      let count = 12_000 - from
      let left = GuardedAccess.copy(
        to: target.start, from: trapped.base + from, byteCount: count)
      #expect(left == 12_000 - 8192, "from \(from)")
      #expect(target.bytes.prefix(8192 - from).allSatisfy { $0 == 3 })
      #expect(target.bytes[8192 - from] == 0xA5)
      #expect(trapped.asked().contains(read(2)))
    }
  }

  @Test("other threads' reads are not refused with a write", arguments: TrapMechanism.available)
  func bystanders(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism, rule: Self.partly)
    trapped.fill(filePage: 3, 8)
    // A bystander that is refused dies of SIGBUS.
    onThreads(3) { index in
      for _ in 0..<200 {
        if index == 0 {
          precondition(!GuardedAccess.store(1, to: trapped.base + 3 * 4096))
        } else {
          precondition(trapped[3] == 8)
          if index == 1 { try? trapped.unmap(3) }
        }
      }
    }
    #expect(trapped.inFile(3) == 8)
  }

  @Test("an unguarded access dies of SIGBUS: signal")
  func diesBySignal() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      let trapped = try Trapped(mechanism: .signal, rule: TrapFaultTests.partly)
      _ = trapped[2]
    }
  }

  @Test(
    "an unguarded access dies of SIGBUS: userfault",
    .enabled(if: TrapMechanism.available.contains(.userfault)))
  func diesByUserfault() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      let trapped = try Trapped(mechanism: .userfault, rule: TrapFaultTests.partly)
      trapped[2] = 1
    }
  }

  @Test("a SIGBUS handler is asked, and the access repeated when it returns")
  func handled() async {
    await #expect(processExitsWith: .exitCode(42)) {
      let trapped = try Trapped(mechanism: .signal, rule: TrapFaultTests.partly)
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = { number, info, _ in
        _exit(number == SIGBUS && info?.pointee.si_code == 2 ? 42 : 1)
      }
      action.sa_flags = SA_SIGINFO
      sigaction(SIGBUS, &action, nil)
      _ = trapped[2]
    }
  }

  @Test("a fault outside of all ranges still kills")
  func outside() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let trapped = try Trapped(mechanism: .signal)
      trapped[1] = 1
      (trapped.base + trapped.byteCount).storeBytes(of: 1, as: UInt8.self)
    }
  }

  @Test("a handler that was there before is asked for faults outside")
  func chained() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGSEGV) { _ in _exit(42) }
      let trapped = try Trapped(mechanism: .signal)
      trapped[1] = 1
      (trapped.base - 1).storeBytes(of: 1, as: UInt8.self)
    }
  }
}
