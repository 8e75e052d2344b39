/// What a step of a trace does; its raw value is the word in the text.
public enum TraceVerb: String, CaseIterable, Sendable {
  // Files: made, opened again in some mode, or something else than a file.
  case open
  case openReadOnly = "open-read"
  case openAppend = "open-append"
  case folder, fifo, device, foreign
  case remove
  // Bytes.
  case write, direct, store, load, read
  case copy, clone, dedupe
  case cloneWhole = "clone-whole"
  case zero
  case zeroKeepingSize = "zero-keep"
  case punch, allocate, unshare, truncate
  // What the kernel keeps in memory goes to the device, and out of memory.
  case sync, drop
  // What is asked besides bytes: blocks, and the runs of them; what a file is, and what made it so.
  case map, pieces, touched, changed
  case hint, hinted
  case extentHint = "extent-hint"
  case setCapability = "set-capability"
  case hasCapability = "capability"
  case setIDs = "set-ids"
  case ids
  case nextHole = "next-hole"
  case nextData = "next-data"
  // With what limit, and with what rights, clones and dedupes are asked for from here on.
  case limit, administrator

  /// Whether a step holds its bytes in memory.
  var carriesBytes: Bool {
    switch self {
    case .write, .direct, .store, .load, .read: true
    default: false
    }
  }

  /// The operands, in the order of the text: files, positions, byte counts, and other numbers.
  public enum Operand: Sendable { case file, position, byteCount, number }

  /// What the verb is followed by.
  public var operands: [Operand] {
    switch self {
    case .open, .openReadOnly, .openAppend, .folder, .fifo, .device, .foreign, .remove, .sync,
      .drop, .pieces, .touched, .changed, .hinted, .setCapability, .hasCapability, .setIDs, .ids:
      [.file]
    case .write, .direct, .store: [.file, .position, .byteCount, .number]
    case .load, .read, .zero, .zeroKeepingSize, .punch, .allocate, .unshare:
      [.file, .position, .byteCount]
    case .copy, .clone, .dedupe: [.file, .position, .byteCount, .file, .position]
    case .cloneWhole: [.file, .file]
    case .truncate, .nextHole, .nextData: [.file, .position]
    case .hint, .extentHint: [.file, .number]
    case .limit, .administrator: [.number]
    case .map: []
    }
  }
}
