import Foundation
import Testing

@testable import Runner

/// Lines over a pipe: whole ones, however they arrive.
@Suite struct LineChannelTests {
  /// The two ends of a pipe, closed with the value.
  struct Ends: ~Copyable {
    let input: Int32
    private(set) var output: Int32

    init() {
      var ends: [Int32] = [-1, -1]
      pipe(&ends)
      // A process that another test starts must not hold the end open.
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      (input, output) = (ends[0], ends[1])
    }

    func put(_ bytes: [UInt8]) { _ = write(output, bytes, bytes.count) }
    mutating func closeOutput() {
      close(output)
      output = -1
    }

    deinit {
      close(input)
      if output >= 0 { close(output) }
    }
  }

  @Test("lines come in order, empty ones too, however they are cut")
  func lines() throws {
    let ends = Ends()
    var channel = LineChannel(input: ends.input, output: -1)
    ends.put(Array("one\n\ntw".utf8))
    #expect(try channel.receive(timeoutMilliseconds: 1000) == "one")
    #expect(try channel.receive(timeoutMilliseconds: 1000) == "")
    #expect(throws: ChannelError.timeout) { try channel.receive(timeoutMilliseconds: 1) }
    ends.put(Array("o\n".utf8))
    #expect(try channel.receive(timeoutMilliseconds: 1000) == "two")
  }

  @Test("a channel sends what another receives, any text without a newline")
  func loop() throws {
    let ends = Ends()
    var channel = LineChannel(input: ends.input, output: ends.output)
    for line in ["", "a\tb", "ü\u{0}x", String(repeating: "y", count: 20_000)] {
      try channel.send(line)
      #expect(try channel.receive(timeoutMilliseconds: 1000) == line)
    }
  }

  @Test("bytes that are no text are a line all the same")
  func notText() throws {
    let ends = Ends()
    var channel = LineChannel(input: ends.input, output: -1)
    ends.put([0xff, 0xfe, 0x0a, 0x41, 0x0a])
    #expect(try channel.receive(timeoutMilliseconds: 1000) == "\u{fffd}\u{fffd}")
    #expect(try channel.receive(timeoutMilliseconds: 1000) == "A")
  }

  @Test("a closed pipe is said, after its last whole line")
  func closed() throws {
    var ends = Ends()
    var channel = LineChannel(input: ends.input, output: -1)
    ends.put(Array("last\ncut".utf8))
    ends.closeOutput()
    #expect(try channel.receive() == "last")
    #expect(throws: ChannelError.closed) { try channel.receive() }
    #expect(throws: ChannelError.closed) { try channel.receive(timeoutMilliseconds: 5) }
  }

  @Test("sending to nobody is an error, not a signal")
  func nobody() {
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    close(ends[0])
    let channel = LineChannel(input: -1, output: ends[1])
    #expect(throws: ChannelError.closed) { try channel.send("x") }
    close(ends[1])
  }

  @Test("no descriptor is an error of the system")
  func noDescriptor() {
    var channel = LineChannel(input: 1_000_000, output: 1_000_000)
    #expect(throws: ChannelError.self) { try channel.receive(timeoutMilliseconds: 10) }
    #expect(throws: ChannelError.system(errno: EBADF)) { try channel.send("x") }
  }

  @Test("a line that trickles in does not start the wait anew")
  func trickle() {
    let ends = Ends()
    let output = ends.output
    let feeder = Thread {
      for _ in 0..<30 {
        _ = write(output, "x", 1)
        usleep(20_000)
      }
      _ = write(output, "\n", 1)
    }
    feeder.start()
    var channel = LineChannel(input: ends.input, output: -1)
    #expect(throws: ChannelError.timeout) { try channel.receive(timeoutMilliseconds: 100) }
    // The pipe must outlive the feeder; its line ends the wait.
    #expect(throws: Never.self) { try channel.receive() }
  }

  @Test("a line without an end is given up")
  func endless() {
    let ends = Ends()
    let output = ends.output
    let feeder = Thread {
      let chunk = [UInt8](repeating: 0x78, count: 4096)
      for _ in 0..<260 { _ = write(output, chunk, chunk.count) }
    }
    feeder.start()
    var channel = LineChannel(input: ends.input, output: -1)
    #expect(throws: ChannelError.endless) { try channel.receive(timeoutMilliseconds: 30_000) }
  }
}
