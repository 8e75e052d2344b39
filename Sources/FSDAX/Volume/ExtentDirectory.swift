internal import Synchronization

/// The chunks of a file by their number: an array for the first 16 GiB, a tree behind it.
@safe struct ExtentDirectory: ~Copyable {
  /// Chunks in the array at most.
  private static let denseLimit: UInt64 = 1 << 13
  // SAFETY: `dense` has `denseCount` initialised words, each the address of a chunk or 0.
  private var dense: UnsafeMutablePointer<UInt>?
  // Atomic, so that the directory is passed by address: see `ExtentMap.mappedCount`.
  private let denseSlots = Atomic<UInt64>(0)
  private var sparse = RecordTree<SparseChunk>()

  private var denseCount: UInt64 {
    @inline(__always) get { denseSlots.load(ordering: .relaxed) }
    nonmutating set { denseSlots.store(newValue, ordering: .relaxed) }
  }

  private struct SparseChunk: TreeRecord {
    let number: UInt64
    var address: UInt = 0

    @inline(__always)
    static func precedes(_ left: Self, _ right: Self) -> Bool { left.number < right.number }
  }

  deinit {
    for number in 0..<denseCount { chunk(number)?.free() }
    unsafe dense?.deallocate()
    var cursor = sparse.first
    while let at = cursor {
      ExtentChunk(address: sparse.record(at: at).address)?.free()
      cursor = sparse.next(after: at)
    }
  }

  /// The chunk of a number, or nil where there are only holes.
  @inline(__always)
  func chunk(_ number: UInt64) -> ExtentChunk? {
    if number < denseCount, let dense = unsafe dense {
      return unsafe ExtentChunk(address: dense[Int(number)])
    }
    return number < Self.denseLimit ? nil : sparseChunk(number)
  }

  private func sparseChunk(_ number: UInt64) -> ExtentChunk? {
    guard let at = sparse.floor(SparseChunk(number: number)) else { return nil }
    let record = sparse.record(at: at)
    return record.number == number ? ExtentChunk(address: record.address) : nil
  }

  /// The chunk of a number, made where there is none.
  @inline(__always)
  mutating func made(_ number: UInt64) -> ExtentChunk {
    chunk(number) ?? make(number)
  }

  private mutating func make(_ number: UInt64) -> ExtentChunk {
    let made = ExtentChunk()
    if number < Self.denseLimit {
      if number >= denseCount { grow(toHold: number) }
      if let dense = unsafe dense { unsafe dense[Int(number)] = made.address }
    } else {
      sparse.insert(SparseChunk(number: number, address: made.address))
    }
    return made
  }

  private mutating func grow(toHold number: UInt64) {
    let count = max(min(Self.denseLimit, 2 * denseCount), number + 1, 4)
    let grown = UnsafeMutablePointer<UInt>.allocate(capacity: Int(count))
    unsafe grown.initialize(repeating: 0, count: Int(count))
    if let dense = unsafe dense {
      unsafe grown.update(from: dense, count: Int(denseCount))
      unsafe dense.deallocate()
    }
    unsafe dense = grown
    denseCount = count
  }

  /// Frees the chunks of a number and above; all of them are holes.
  mutating func release(from number: UInt64) {
    for index in number..<max(denseCount, number) { chunk(index)?.free() }
    // The array stays as long as it is, and is not looked at there any more.
    denseCount = min(denseCount, number)
    while let at = sparse.ceiling(SparseChunk(number: number)) {
      ExtentChunk(address: sparse.record(at: at).address)?.free()
      sparse.remove(at: at)
    }
  }

  /// The lowest number of a chunk not below one, or nil.
  func next(atOrAfter number: UInt64) -> UInt64? {
    var index = number
    while index < denseCount {
      if chunk(index) != nil { return index }
      index += 1
    }
    return sparse.ceiling(SparseChunk(number: index)).map { sparse.record(at: $0).number }
  }

  /// The highest number of a chunk not above one, or nil.
  func previous(atOrBefore number: UInt64) -> UInt64? {
    if let at = sparse.floor(SparseChunk(number: number)) { return sparse.record(at: at).number }
    var index = min(number, denseCount &- 1)
    if denseCount == 0 { return nil }
    while true {
      if chunk(index) != nil { return index }
      if index == 0 { return nil }
      index -= 1
    }
  }
}
