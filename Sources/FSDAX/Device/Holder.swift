internal import Synchronization

/// Who has a device for himself and hears of its failures: one at a time.
///
/// Source: specification, section 8.1.
struct Holder: ~Copyable, Sendable {
  private let current = Atomic<UInt64>(0)

  /// Whether anyone holds the device.
  var isHeld: Bool { current.load(ordering: .acquiring) != 0 }

  /// Takes the device; false when another has it, who then goes without DAX.
  ///
  /// - Parameters:
  ///   - holder: Any number but 0.
  ///   - partition: The device bytes the holder uses: whole pages.
  /// - Returns: Whether the device is now the holder's.
  func install(_ holder: UInt64, partition: Range<UInt64>) -> Bool {
    let mask = UInt64(DAXDevice.pageByteCount - 1)
    guard holder != 0, (partition.lowerBound | partition.upperBound) & mask == 0 else {
      return false
    }
    return current.compareExchange(expected: 0, desired: holder, ordering: .acquiringAndReleasing)
      .exchanged
  }

  /// Gives the device back; nothing for who does not have it.
  func remove(_ holder: UInt64) {
    _ = current.compareExchange(expected: holder, desired: 0, ordering: .acquiringAndReleasing)
  }
}
