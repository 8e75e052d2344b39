internal import CHost

/// Accesses to bytes that may be a bus error, which report it instead of dying of it.
///
/// A trap range resolves what it can first. Any number of threads.
public enum GuardedAccess {
  /// Installs the handlers of SIGSEGV and SIGBUS once; faults elsewhere go on to earlier ones.
  ///
  /// - Throws: `ArenaError` from `sigaction`. The accesses below need one success before them.
  public static func install() throws(ArenaError) {
    let code = chost_guarded_install()
    guard code == 0 else {
      throw ArenaError("sigaction", code: code, "cannot install the handler of guarded accesses")
    }
  }

  /// One byte, or nil where it cannot be read.
  ///
  /// - Safety: `install` has succeeded; the address is nobody's who might write to it meanwhile.
  @unsafe public static func load(_ address: UnsafeRawPointer) -> UInt8? {
    // SAFETY: a fault is survived; what is read is a byte whatever it means.
    UInt8(exactly: unsafe chost_guarded_load(address))
  }

  /// Stores one byte, or returns false where that cannot be done.
  ///
  /// - Safety: `install` has succeeded; the byte, where it exists, is the caller's to change.
  @unsafe public static func store(_ value: UInt8, to address: UnsafeMutableRawPointer) -> Bool {
    // SAFETY: a fault is survived; the caller owns the byte.
    unsafe chost_guarded_store(address, value)
  }

  /// Copies bytes and returns how many were not copied, from the first unreadable one on.
  ///
  /// - Parameters:
  ///   - target: where to; a fault here that nobody resolves is not survived.
  ///   - source: where from; does not overlap the target.
  ///   - byteCount: bytes to copy.
  /// - Returns: the residue: 0 when all bytes have arrived.
  /// - Safety: `install` has succeeded; the target's bytes are the caller's to change.
  @unsafe public static func copy(
    to target: UnsafeMutableRawPointer, from source: UnsafeRawPointer, byteCount: Int
  ) -> Int {
    // SAFETY: faults in the source are survived; the caller owns the target.
    unsafe chost_guarded_copy(target, source, byteCount)
  }
}
