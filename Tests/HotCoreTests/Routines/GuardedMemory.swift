import Glibc

/// Pages between two unreadable ones, so that a byte too many in either direction is a fault.
final class GuardedMemory {
  let bytes: UnsafeMutableRawBufferPointer
  private let mapping: UnsafeMutableRawPointer
  private let mapped: Int

  init(_ byteCount: Int) {
    let size = (byteCount + 4095) & ~4095
    mapped = size + 8192
    mapping = mmap(nil, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(mapping != MAP_FAILED)
    precondition(mprotect(mapping + 4096, size, PROT_READ | PROT_WRITE) == 0)
    bytes = UnsafeMutableRawBufferPointer(start: mapping + 4096, count: size)
  }

  deinit { munmap(mapping, mapped) }

  var start: UnsafeMutableRawPointer { mapping + 4096 }
  var end: UnsafeMutableRawPointer { start + bytes.count }

  /// Takes the pages from an offset on away.
  func forbid(from offset: Int) {
    precondition(mprotect(start + offset, bytes.count - offset, PROT_NONE) == 0)
  }

  func fill(_ byte: UInt8) { memset(start, Int32(byte), bytes.count) }

  func fillRandom(seed: UInt64) {
    var generator = SplitMix(seed: seed)
    for offset in stride(from: 0, to: bytes.count, by: 8) {
      bytes.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
    }
  }
}

/// A small generator whose seed tests can print.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

func same(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ byteCount: Int) -> Bool {
  memcmp(left, right, byteCount) == 0
}
