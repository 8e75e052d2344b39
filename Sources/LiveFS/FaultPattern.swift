internal import Glibc
internal import HotCore

/// What the pages of an exercise hold: before the touch, and after it.
///
/// A page to be copied is random bytes with its own index stamped in, so that a copy of the wrong
/// page shows. Byte 0, the touched one, differs from what is stored there.
@safe
struct FaultPattern: ~Copyable {
  /// What a store puts into byte 0 of a page.
  static let touched: UInt8 = 0xC3
  private static let untouched: UInt8 = 0x3C
  private static let stampOffset = 8

  private let template: UnsafeMutableRawPointer
  private let byteCount: Int
  private let isZero: Bool

  /// The contents of pages: random bytes, or zeros.
  init(pageByteCount: Int, isZero: Bool) {
    self.isZero = isZero
    byteCount = pageByteCount
    // SAFETY: freshly allocated, filled as a whole here, freed in `deinit`.
    let page = UnsafeMutableRawPointer.allocate(byteCount: pageByteCount, alignment: 64)
    unsafe memset(page, 0, pageByteCount)
    if !isZero {
      var bytes = unsafe MutableRawSpan(_unsafeStart: page, byteCount: pageByteCount)
      var random = RandomBytes(seed: 0xFA17)
      random.fill(&bytes)
      unsafe page.storeBytes(of: Self.untouched, as: UInt8.self)
    }
    unsafe template = page
  }

  deinit {
    // SAFETY: allocated in `init`, owned by this value.
    unsafe template.deallocate()
  }

  /// Writes the untouched contents of a page.
  ///
  /// - Safety: a writable page of the pattern's size lies at `page`.
  @unsafe func write(_ page: UnsafeMutableRawPointer, index: Int) {
    unsafe page.copyMemory(from: template, byteCount: byteCount)
    unsafe page.storeBytes(of: index, toByteOffset: Self.stampOffset, as: Int.self)
  }

  /// Whether a page holds what it should.
  ///
  /// - Safety: a readable page of the pattern's size lies at `page`.
  @unsafe func matches(_ page: UnsafeRawPointer, index: Int, isTouched: Bool) -> Bool {
    let first = unsafe page.load(as: UInt8.self)
    let expected = unsafe isTouched ? Self.touched : template.load(as: UInt8.self)
    if first != expected { return false }
    if isZero {
      return unsafe memcmp(page + 1, template + 1, byteCount - 1) == 0
    }
    let stamp = Self.stampOffset
    guard unsafe page.load(fromByteOffset: stamp, as: Int.self) == index else { return false }
    let rest = stamp + MemoryLayout<Int>.size
    return unsafe memcmp(page + 1, template + 1, stamp - 1) == 0
      && memcmp(page + rest, template + rest, byteCount - rest) == 0
  }
}
