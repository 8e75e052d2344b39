internal import CPersist

/// Asks for the cache line at an address, to be stored to soon.
///
/// An address that is not mapped costs nothing but the hint.
///
/// - Parameter address: Any address.
@inline(__always)
@unsafe public func prefetchForWrite(_ address: UnsafeRawPointer) {
  // SAFETY: a prefetch never faults.
  unsafe cpersist_prefetch_write(address)
}

/// Asks for the first cache lines of a block that is soon read from its beginning.
///
/// The processor fetches the lines behind them by itself.
///
/// - Parameters:
///   - address: Any address.
///   - lineCount: How many lines.
@unsafe public func prefetchForRead(_ address: UnsafeRawPointer, lineCount: Int) {
  // SAFETY: a prefetch never faults.
  for line in 0..<lineCount { unsafe cpersist_prefetch_read(address + line &<< 6) }
}
