internal import CHost
internal import Glibc

/// Why no line came.
enum ChannelError: Error, Equatable {
  /// The other side closed its end.
  case closed
  /// Nothing came in time.
  case timeout
  /// A line went on and on.
  case endless
  /// A system call failed.
  case system(errno: Int32)
}

/// Lines in, lines out, over two file descriptors that the channel does not own.
struct LineChannel: ~Copyable {
  private let input: Int32
  private let output: Int32
  private var pending: [UInt8] = []

  /// No line of the protocol comes near.
  private static let longestLine = 1 << 20

  init(input: Int32, output: Int32) {
    self.input = input
    self.output = output
  }

  /// Writes one line with its newline.
  func send(_ line: String) throws(ChannelError) {
    let bytes = Array((line + "\n").utf8)
    var sent = 0
    while sent < bytes.count {
      // SAFETY: the pointer covers the array's bytes from `sent` to its end for this call only.
      let count = unsafe bytes.withUnsafeBytes {
        guard let base = $0.baseAddress else { return 0 }
        return unsafe write(output, base + sent, bytes.count - sent)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw errno == EPIPE ? .closed : .system(errno: errno)
      }
      sent += count
    }
  }

  /// The next line without its newline.
  ///
  /// Waits for the whole line at most `timeoutMilliseconds`, forever when negative.
  mutating func receive(timeoutMilliseconds: Int32 = -1) throws(ChannelError) -> String {
    let start = chost_wall_ns()
    var searched = 0
    while true {
      if let end = pending[searched...].firstIndex(of: 0x0a) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return line
      }
      searched = pending.count
      if searched > Self.longestLine { throw .endless }
      // A sender that trickles must not start the wait anew with each byte.
      let waited = Int32(clamping: (chost_wall_ns() - start) / 1_000_000)
      try wait(timeoutMilliseconds < 0 ? -1 : max(timeoutMilliseconds - waited, 0))
      var chunk = [UInt8](repeating: 0, count: 4096)
      // SAFETY: the pointer covers the chunk's 4096 bytes for this call only.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, 4096) }
      if count == 0 { throw .closed }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(errno: errno)
      }
      pending += chunk[..<count]
    }
  }

  private func wait(_ timeoutMilliseconds: Int32) throws(ChannelError) {
    var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    while true {
      // SAFETY: one pollfd, alive for the call.
      let ready = unsafe poll(&descriptor, 1, timeoutMilliseconds)
      if ready > 0 { return }
      if ready == 0 { throw .timeout }
      if errno != EINTR { throw .system(errno: errno) }
    }
  }
}
