internal import CHost

/// How many bytes from `start` on can be read, found by touching each page once.
///
/// What a copy from user memory finds out on its way, before it: pages are readable or not as a
/// whole. About 2 ns a page. A page that another thread unmaps afterwards is that caller's fault.
///
/// - Parameters:
///   - start: Any address.
///   - byteCount: Bytes wanted, not negative.
/// - Returns: `byteCount`, or the bytes before the first unreadable page.
/// - Safety: Reads survive a fault; nothing else is touched.
@unsafe public func readablePrefix(_ start: UnsafeRawPointer, _ byteCount: Int) -> Int {
  guard byteCount > 0, guardedCopy == 0 else { return byteCount }
  var scratch: UInt8 = 0
  var offset = 0
  while offset < byteCount {
    // SAFETY: the guarded copy survives an unreadable source; the scratch byte is this frame's.
    if unsafe chost_guarded_copy(&scratch, start + offset, 1) != 0 { return offset }
    let next = (Int(bitPattern: start) + offset) & -basePageByteCount + basePageByteCount
    offset = next - Int(bitPattern: start)
  }
  return byteCount
}

/// How many bytes from `start` on can be written, found by touching each page once.
///
/// - Parameters:
///   - start: Any address.
///   - byteCount: Bytes wanted, not negative.
/// - Returns: `byteCount`, or the bytes before the first page that cannot be written.
/// - Safety: One byte of each page is stored with its own value; no other thread writes there.
@unsafe public func writablePrefix(_ start: UnsafeMutableRawPointer, _ byteCount: Int) -> Int {
  guard byteCount > 0, guardedCopy == 0 else { return byteCount }
  var offset = 0
  while offset < byteCount {
    // SAFETY: both accesses survive a fault; the byte stays what it was.
    guard let byte = unsafe GuardedAccess.load(start + offset),
      unsafe GuardedAccess.store(byte, to: start + offset)
    else { return offset }
    let next = (Int(bitPattern: start) + offset) & -basePageByteCount + basePageByteCount
    offset = next - Int(bitPattern: start)
  }
  return byteCount
}
