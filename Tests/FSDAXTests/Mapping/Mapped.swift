import Glibc
import HotCore
import Testing

@testable import FSDAX

extension TrapMechanism {
  /// Those that this machine and this user have; a test of its own reports what is missing.
  static let usable = allCases.filter { mechanism in
    do {
      let rig = try Rig.mappable()
      _ = try DAXMapping(rig.volume, rig.file(zeros(1)), pageCount: 1, mechanism: mechanism)
      return true
    } catch {
      return false
    }
  }
}

/// Whether a sanitizer is loaded: it needs mappings itself, and ends without.
let isSanitized = dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

extension Rig {
  /// A volume whose files can be mapped for real.
  static func mappable(
    byteCount: Int = 4 << 20, _ edit: (inout VolumeOptions) -> Void = { _ in }
  ) throws -> Rig {
    try Rig(byteCount: byteCount) { options in
      options.device.isMappable = true
      edit(&options)
    }
  }

  func map(
    _ file: FileID, _ mechanism: TrapMechanism, at position: Int = 0, pages: Int = 1,
    isSynchronous: Bool = false
  ) throws -> DAXMapping {
    try DAXMapping(
      volume, file, at: position, pageCount: pages, mechanism: mechanism,
      isSynchronous: isSynchronous)
  }

  /// The cached entry over a page of a file.
  func cached(_ file: FileID, _ index: UInt64) -> Entry? {
    inode(file).entries.covering(index)?.entry
  }

  /// A new file with the blocks of another one.
  func clone(_ file: FileID) throws -> FileID {
    let copy = try volume.create()
    try volume.clone(from: file, to: copy)
    return copy
  }
}

extension DAXMapping {
  /// A page's bytes, loaded one by one; nil for a bus error in it.
  func page(_ index: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    for offset in index * Rig.page..<(index + 1) * Rig.page {
      guard let byte = load(at: offset) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

func page(of byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: Rig.page) }

/// All orders of the numbers below a count.
func permutations(_ count: Int) -> [[Int]] {
  guard count > 0 else { return [[]] }
  return permutations(count - 1).flatMap { shorter in
    (0...shorter.count).map { place in
      var longer = shorter
      longer.insert(count - 1, at: place)
      return longer
    }
  }
}

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
