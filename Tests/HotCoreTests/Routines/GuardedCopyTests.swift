import CHost
import Glibc
import Testing

@Suite("Guarded copy")
struct GuardedCopyTests {
  init() { precondition(chost_guarded_install() == 0) }

  /// Copies across a boundary with every count of readable and unreadable bytes.
  static func residues(_ source: UnsafeMutableRawPointer, boundary: Int) -> [String] {
    let target = GuardedMemory(4096)
    var failures: [String] = []
    for readable in 0...80 {
      for beyond in [0, 1, 2, 7, 8, 9, 31, 32, 33, 100] {
        memset(target.start, 0xa5, 256)
        let from = source + boundary - readable
        let to = target.start + readable % 9
        let residue = chost_guarded_copy(to, from, readable + beyond)
        let untouched = (0..<beyond).allSatisfy {
          to.load(fromByteOffset: readable + $0, as: UInt8.self) == 0xa5
        }
        if residue != beyond || !same(to, from, readable) || !untouched {
          failures.append("\(readable)+\(beyond): \(residue)")
        }
      }
    }
    return failures
  }

  @Test("every residue at an unreadable page (SIGSEGV)")
  func unreadable() {
    let source = GuardedMemory(8192)
    source.fillRandom(seed: 31)
    source.forbid(from: 4096)
    #expect(Self.residues(source.start, boundary: 4096) == [])
  }

  @Test("every residue past the end of a file (SIGBUS)")
  func pastEnd() throws {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    try #require(ftruncate(fileno(file), 4096) == 0)
    let mapping = mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0)
    let source = try #require(mapping == MAP_FAILED ? nil : mapping)
    defer { munmap(source, 8192) }
    for offset in 0..<4096 {
      let byte = UInt8(truncatingIfNeeded: offset &* 37)
      source.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
    #expect(Self.residues(source, boundary: 4096) == [])
  }

  @Test("whole ranges of every alignment copy without residue")
  func complete() {
    let source = GuardedMemory(4096)
    let target = GuardedMemory(4096)
    source.fillRandom(seed: 32)
    var wrong = 0
    for length in 0...257 {
      let from = source.end - length
      let to = target.start + length % 64
      if chost_guarded_copy(to, from, length) != 0 || !same(to, from, length) { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test("two threads fault at once")
  func threads() {
    func start() -> pthread_t {
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { _ in
          let source = GuardedMemory(8192)
          source.fillRandom(seed: 33)
          source.forbid(from: 4096)
          var failures = 0
          for _ in 0..<20 {
            failures += GuardedCopyTests.residues(source.start, boundary: 4096).count
          }
          return UnsafeMutableRawPointer(bitPattern: failures)
        }, nil)
      return thread
    }
    for thread in [start(), start()] {
      var failures: UnsafeMutableRawPointer?
      pthread_join(thread, &failures)
      #expect(failures == nil)
    }
  }

  @Test("installing twice, and from the routines as well, is once")
  func twice() {
    #expect(chost_guarded_install() == 0)
  }

  @Test("a fault elsewhere still kills")
  func unrelated() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      precondition(chost_guarded_install() == 0)
      UnsafeMutableRawPointer(bitPattern: 64)?.storeBytes(of: 1, as: UInt8.self)
    }
  }

  @Test("a fault in the target still kills")
  func target() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      precondition(chost_guarded_install() == 0)
      let source = GuardedMemory(4096)
      let target = GuardedMemory(4096)
      target.forbid(from: 0)
      _ = chost_guarded_copy(target.start, source.start, 64)
    }
  }

  @Test("a signal somebody sends still kills")
  func sent() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      precondition(chost_guarded_install() == 0)
      raise(SIGBUS)
      exit(0)
    }
  }

  @Test("a handler that was there before is still asked")
  func chained() async {
    await #expect(processExitsWith: .exitCode(42)) {
      signal(SIGSEGV) { _ in _exit(42) }
      precondition(chost_guarded_install() == 0)
      UnsafeMutableRawPointer(bitPattern: 64)?.storeBytes(of: 1, as: UInt8.self)
    }
  }
}
