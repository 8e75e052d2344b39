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
