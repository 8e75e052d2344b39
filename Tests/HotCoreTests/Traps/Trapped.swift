import CHost
import Foundation
import HotCore
import Testing

/// Whether this is a build with the thread sanitizer, which does not survive a SIGSEGV inside the
/// handler of another one, and itself needs more mappings.
let isThreadSanitized = dlsym(nil, "__tsan_init") != nil

/// Whether any sanitizer is loaded: all of them need mappings themselves, and end without.
let isSanitized = isThreadSanitized || dlsym(nil, "__asan_init") != nil

extension TrapMechanism {
  /// Those that this machine and this user have.
  static let available = allCases.filter { mechanism in
    (try? Trapped(pages: 1, mechanism: mechanism)) != nil
  }
}

/// A trap range over a memory file of its own, with a log of what its handler was asked.
final class Trapped: @unchecked Sendable {
  // Sendable: the log is under a lock, the rest is set before the first access.
  struct Access: Hashable {
    var page: Int
    var isWrite: Bool
  }

  typealias Rule = @Sendable (Trapped, Access) throws -> TrapAnswer

  let file: Int32
  private let ownsFile: Bool
  private let lock = NSLock()  // which the thread sanitizer sees, as it does not see `Mutex`
  private var log: [Access] = []
  private let rule: Rule
  private var range: TrapRange?
  private var address = 0

  /// Maps each page of the file at its own place, read-only for a read.
  static let identity: Rule = { trapped, access in
    try trapped.map(access.page, at: access.page, isWritable: access.isWrite)
    return .resolved
  }

  /// A range over `pages` pages of a file, another range's file if there is one; an error of the
  /// rule is a bus error.
  init(
    pages: Int = 512, mechanism: TrapMechanism, sharing other: Trapped? = nil,
    rule: @escaping Rule = Trapped.identity
  ) throws {
    ownsFile = other == nil
    if let other {
      file = other.file
    } else {
      file = chost_memory_file(0)
      try #require(ftruncate(file, pages * 4096) == 0)
    }
    self.rule = rule
    let created = try TrapRange(
      byteCount: pages * 4096, mechanism: mechanism, descriptor: file,
      context: Unmanaged.passUnretained(self).toOpaque()
    ) { context, page, isWrite in
      let trapped = Unmanaged<Trapped>.fromOpaque(context).takeUnretainedValue()
      return trapped.answer(Access(page: page, isWrite: isWrite)).rawValue
    }
    address = Int(bitPattern: created.base)
    range = consume created
    // What comes before an access comes before its handler, but only the kernel knows; a lock
    // tells the thread sanitizer.
    lock.withLock {}
  }

  deinit {
    range = nil
    if ownsFile { close(file) }
  }

  private func answer(_ access: Access) -> TrapAnswer {
    lock.withLock { log.append(access) }
    return (try? rule(self, access)) ?? .sigbus
  }

  var base: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
  }
  var byteCount: Int { range?.byteCount ?? 0 }

  /// The accesses asked since the last call.
  func asked() -> [Access] {
    lock.withLock {
      defer { log = [] }
      return log
    }
  }

  func map(_ page: Int, count: Int = 1, at filePage: Int, isWritable: Bool) throws {
    try range?.map(
      page: page, count: count, fileOffset: filePage * 4096, isWritable: isWritable)
  }
  func mapZero(_ page: Int, count: Int = 1) throws { try range?.mapZero(page: page, count: count) }
  func protect(_ page: Int, count: Int = 1) throws { try range?.protect(page: page, count: count) }
  func unmap(_ page: Int, count: Int = 1) throws { try range?.unmap(page: page, count: count) }

  /// The first byte of a page.
  subscript(page: Int) -> UInt8 {
    get { base.load(fromByteOffset: page * 4096, as: UInt8.self) }
    set { base.storeBytes(of: newValue, toByteOffset: page * 4096, as: UInt8.self) }
  }

  /// Writes to a page of the file, past the range.
  func fill(filePage: Int, _ byte: UInt8) {
    let bytes = [UInt8](repeating: byte, count: 4096)
    precondition(pwrite(file, bytes, 4096, filePage * 4096) == 4096)
  }

  /// The first byte of a page of the file.
  func inFile(_ filePage: Int) -> UInt8 {
    var byte: UInt8 = 0
    precondition(pread(file, &byte, 1, filePage * 4096) == 1)
    return byte
  }
}

func read(_ page: Int) -> Trapped.Access { Trapped.Access(page: page, isWrite: false) }
func write(_ page: Int) -> Trapped.Access { Trapped.Access(page: page, isWrite: true) }

/// Runs a body on several new threads at once and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let threads = (0..<count).map { index in
    let box = Unmanaged.passRetained(Work { body(index) })
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { box in
        let work = box.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue() }
        work?.body()
        return nil
      }, box.toOpaque())
    precondition(code == 0)
    return thread
  }
  for thread in threads { pthread_join(thread, nil) }
}

private final class Work {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
