import Plan
import Suites
import Testing

@testable import Runner

/// The protocol: what is written is read back, and anything else is refused.
@Suite struct MessageTests {
  static func requests(_ g: inout SeededGenerator) throws -> [Request] {
    func id() -> Int { Int.random(in: 0...Int.max, using: &g) }
    func count() -> Int { Int.random(in: 1...Int.max, using: &g) }
    let cells = try #require(Catalog.suite(named: "quick")).cells()
    return [
      .hello(version: id()), .prepare(id: id(), cell: cells.randomElement(using: &g) ?? cells[0]),
      .calibrate(id: id(), targetNanoseconds: count()), .batch(id: id(), calls: count()),
      .ledger(id: id()), .release(id: id()), .quit,
    ]
  }

  static func replies(_ g: inout SeededGenerator) -> [Reply] {
    func id() -> Int { Int.random(in: 0...Int.max, using: &g) }
    var batch = BatchMeasurement()
    batch.calls = Int.random(in: 1...Int.max, using: &g)
    (batch.cpuNanoseconds, batch.wallNanoseconds, batch.bytes) = (id(), id(), id())
    (batch.involuntarySwitches, batch.faultsExpected, batch.faultsObserved) = (id(), id(), 0)
    batch.pageBytes = id()
    var counts = CallCounts()
    counts.bytesCopied = Bool.random(using: &g) ? id() : nil
    counts.instructions = Bool.random(using: &g) ? id() : nil
    counts.faults = Bool.random(using: &g) ? 0 : nil
    counts.beginEndPairs = Bool.random(using: &g) ? id() : nil
    counts.refcountUpdates = Bool.random(using: &g) ? id() : nil
    counts.blocksAllocated = Bool.random(using: &g) ? id() : nil
    counts.extentsRemapped = Bool.random(using: &g) ? id() : nil
    counts.fallbacks = Bool.random(using: &g) ? id() : nil
    return [
      .hello(version: id(), process: id()), .ready(id: id(), note: ""),
      .ready(id: id(), note: "best of two: ü"), .skipped(id: id(), reason: "no clwb"),
      .failed(id: id(), reason: ""), .calibrated(id: id(), calls: batch.calls),
      .sample(id: id(), batch), .ledger(id: id(), counts), .released(id: id()),
    ]
  }

  @Test("random messages come back from their lines, and fill one line")
  func roundTrip() throws {
    var generator = printedGenerator("messages")
    for _ in 0..<200 {
      for request in try Self.requests(&generator) {
        #expect(try Request(line: request.line) == request)
        #expect(!request.line.contains { $0.isNewline })
      }
      for reply in Self.replies(&generator) {
        #expect(try Reply(line: reply.line) == reply)
        #expect(!reply.line.contains { $0.isNewline })
      }
    }
  }

  @Test(
    "a reason cannot break out of its field", arguments: ["a\tb", "a\nb", "a\r\nb", "a\u{2028}b"])
  func oneField(reason: String) throws {
    let line = Reply.failed(id: 1, reason: reason).line
    #expect(try Reply(line: line) == .failed(id: 1, reason: "a b"))
  }

  @Test("damaged messages are refused or mean something whole; none traps")
  func fuzz() throws {
    var generator = printedGenerator("damaged messages")
    var refused = 0
    for _ in 0..<300 {
      let lines =
        try Self.requests(&generator).map(\.line) + Self.replies(&generator).map(\.line)
      for line in lines {
        var bytes = Array(line.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let place = Int.random(in: 0...bytes.count, using: &generator)
          switch Int.random(in: 0..<4, using: &generator) {
          case 0 where place < bytes.count: bytes.remove(at: place)
          case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
          case 2: bytes.insert(0x09, at: place)
          default: bytes.removeSubrange(place...)
          }
        }
        let damaged = String(decoding: bytes, as: UTF8.self)
        if let request = try? Request(line: damaged) {
          #expect(try Request(line: request.line) == request, "\(damaged)")
        } else if let reply = try? Reply(line: damaged) {
          // A note may hold a stray line separator once; what we write of it no longer does.
          let clean = try Reply(line: reply.line)
          #expect(try Reply(line: clean.line) == clean, "\(damaged)")
        } else {
          refused += 1
        }
      }
    }
    #expect(refused > 500)
  }

  @Test(
    "what is no request is refused",
    arguments: [
      "", "\t", "hello", "hello\t", "hello\tx", "hello\t-1", "hello\t1\t2", "quit\t", "Quit",
      "batch\t1", "batch\t1\t0", "batch\t1\t-5", "batch\t-1\t5", "batch\tx\t5", "batch\t1\t5\t",
      "batch\t1\t9223372036854775808", "calibrate\t1\t0", "prepare\t1", "prepare\t1\tcopy",
      "release\t", "sample\t1", "\u{0}", "ledger\t99999999999999999999",
    ])
  func badRequests(line: String) {
    #expect(throws: ProtocolError.self) { try Request(line: line) }
  }

  @Test(
    "what is no reply is refused",
    arguments: [
      "", "ready", "ready\t1", "ready\t-1\t", "ready\tx\t", "ready\t1\ta\tb", "hello\t1",
      "hello\t1\tx", "calibrated\t1\t0", "calibrated\t1\t-1", "calibrated\t1\t", "released\t1\t",
      "sample\t1\t1\t1\t1\t1\t1\t1\t1", "sample\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1",
      "sample\t1\t0\t1\t1\t1\t1\t1\t1\t1", "sample\t1\t1\t-1\t1\t1\t1\t1\t1\t1",
      "sample\t1\t1\tNaN\t1\t1\t1\t1\t1\t1", "sample\t1\t1\t9223372036854775808\t1\t1\t1\t1\t1\t1",
      "ledger\t1\t1", "ledger\t1\t-1\t\t\t\t\t\t\t\t\t\t\t\t", "ledger\t1\t1\t\t\t\t\t\t\t",
      "nonsense\t1\t2",
    ])
  func badReplies(line: String) {
    let error = #expect(throws: ProtocolError.self) { try Reply(line: line) }
    #expect(error?.description.hasSuffix("is not of protocol 2.") == true)
  }

  @Test("each request is answered by its own kind of reply alone, about its own cell")
  func answers() throws {
    let requests: [Request] = [
      .hello(version: 1), .prepare(id: 7, cell: copyCells(1)[0]),
      .calibrate(id: 7, targetNanoseconds: 1), .batch(id: 7, calls: 1), .ledger(id: 7),
      .release(id: 7),
    ]
    func replies(_ id: Int) -> [Reply] {
      [
        .hello(version: 1, process: 1), .ready(id: id, note: ""), .calibrated(id: id, calls: 1),
        .sample(id: id, BatchMeasurement()), .ledger(id: id, CallCounts()), .released(id: id),
      ]
    }
    for (place, request) in requests.enumerated() {
      let own = replies(7).indices.filter { request.isAnswered(by: replies(7)[$0]) }
      #expect(own == [place])
      if place > 0 {
        #expect(!replies(8).contains { request.isAnswered(by: $0) })
        #expect(request.isAnswered(by: .failed(id: 7, reason: "")))
        #expect(!request.isAnswered(by: .skipped(id: 8, reason: "")))
      }
    }
  }
}
