internal import HotCore

extension DAXDevice {
  /// Writes user bytes over poison, which heals whole pages; returns the bytes done.
  ///
  /// Zero where the range is not whole pages or the medium refuses. The bad list is shortened last,
  /// so that readers stay out until the data are good. Source: specification, section 9.
  ///
  /// - Safety: `source` has `byteCount` readable bytes.
  @unsafe func recoveryWrite(
    _ target: Int, _ source: UnsafeRawPointer, _ byteCount: Int, _ ledger: LedgerStripe
  ) -> Int {
    let page = Self.pageByteCount
    let offset = target & (page - 1)
    let pages = target - offset..<(target + byteCount + page - 1) & -page
    guard badBlocks.firstByte(in: pages) != nil else {
      unsafe copyFromUser(target, source, byteCount, ledger)
      return byteCount
    }
    guard offset == 0, byteCount % page == 0, canHeal else { return 0 }
    // SAFETY: the caller's promise; the range lies on the device.
    unsafe routines.durable(base + target, source, byteCount)
    ledger.add(.bytesWritten, byteCount)
    ledger.add(.bytesRecovered, byteCount)
    ledger.add(.bytesStreamed, byteCount)
    ledger.add(.fences)
    _ = clearPoison(pages)
    return byteCount
  }
}
