import Foundation
import Testing

@testable import daxmark

/// Whether the workers of a duel had one address layout, which a container may refuse.
@Suite struct DuelLayoutTests {
  @Test("a refused layout is a fact and a notice, and changes no verdict")
  func refused() throws {
    let notice = "does not let programs here start without randomised addresses"
    for isRefused in [false, true] {
      let world = try DuelWorld()
      let (a, b) = (try world.worker(), try world.worker())
      let done =
        isRefused ? try Container.run { try world.duel(a, b) } : try world.duel(a, b)
      guard let done else {
        print("No filter of system calls can be set here: a refusal is not tried.")
        return
      }
      #expect(done.code == 0, "\(done.output)\(done.errors)")
      let isFixed = !isRefused && Container.letsLayoutBeFixed
      #expect(done.output.replacing("\n", with: " ").contains(notice) == !isFixed)
      let facts = world.facts(try #require(world.duels.first))
      #expect(facts["fixed_layout"] == (isFixed ? "1" : "0"))
    }
  }
}

/// What Docker's usual profile makes of `personality`.
private enum Container {
  /// Runs something on a thread, the processes of which may ask for their personality, and not
  /// have randomised addresses left out; nil where no filter can be set.
  static func run<T>(_ body: () throws -> T) throws -> T? {
    try withoutActuallyEscaping(body) { work in
      nonisolated(unsafe) let work = work
      nonisolated(unsafe) var result: Result<T, any Error>?
      let thread = Thread { if Container.isFiltered() { result = Result { try work() } } }
      thread.start()
      while !thread.isFinished { usleep(1000) }
      return try result?.get()
    }
  }

  /// Whether this very process is let.
  static var letsLayoutBeFixed: Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/setarch")
    process.arguments = ["-R", "/bin/true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// The filter, instruction by instruction: code, jumps if true and false, operand.
  private static let filter: [(code: UInt64, yes: UInt64, no: UInt64, operand: UInt64)] = [
    (0x20, 0, 0, 0),  // the call's number
    (0x15, 0, 4, 135),  // is it personality?
    (0x20, 0, 0, 16),  // its argument
    (0x15, 2, 0, 0xFFFF_FFFF),  // does it only ask?
    (0x45, 0, 1, 0x4_0000),  // does it leave randomising out?
    (0x06, 0, 0, 0x5_0001),  // EPERM
    (0x06, 0, 0, 0x7FFF_0000),  // let it be
  ]

  /// Filters the calls of this thread, and of what it starts, for good.
  private static func isFiltered() -> Bool {
    typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    // Swift does not see prctl, which takes variable arguments.
    guard let symbol = dlsym(nil, "prctl") else { return false }
    let control = unsafeBitCast(symbol, to: Control.self)
    let words = filter.map { $0.code | $0.yes << 16 | $0.no << 24 | $0.operand << 32 }
    return words.withUnsafeBufferPointer { words in
      let program = [UInt(words.count), UInt(bitPattern: words.baseAddress)]
      return program.withUnsafeBufferPointer {
        // No new privileges, then the filter.
        control(38, 1, 0, 0, 0) == 0 && control(22, 2, UInt(bitPattern: $0.baseAddress), 0, 0) == 0
      }
    }
  }
}
