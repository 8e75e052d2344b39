/// How leaves are found: nodes of 512 children, as many levels as the largest key needs.
extension EntryTree {
  // SAFETY: in all of these the lock is held; a child word is 0 or the address of a node or leaf
  // that the tree made and has not released.

  /// Whether keys of a height's reach hold a key.
  @inline(__always) private func reaches(_ key: UInt64) -> Bool {
    unsafe key >> (Self.fanShift * state.pointee.height) == 0
  }

  /// The leaf of a key, if it was made.
  @unsafe @inline(__always) func leaf(_ key: UInt64) -> Leaf? {
    guard reaches(key) else { return nil }
    var word = unsafe state.pointee.root
    var level = unsafe state.pointee.height
    while level > 0, let node = unsafe Node(bitPattern: word) {
      level -= 1
      word = unsafe node[Int(key >> (Self.fanShift * level)) & (Self.fanOut - 1)]
    }
    return unsafe Leaf(bitPattern: word)
  }

  /// The leaf of a key, made where it is missing.
  @unsafe @inline(__always) func makeLeaf(_ key: UInt64) -> Leaf {
    if let found = unsafe leaf(key) { return unsafe found }
    return unsafe growLeaf(key)
  }

  @unsafe private func growLeaf(_ key: UInt64) -> Leaf {
    while !reaches(key) {
      if unsafe state.pointee.root != 0 {
        let above = unsafe newNode()
        unsafe above[0] = state.pointee.root
        unsafe state.pointee.root = UInt(bitPattern: above)
      }
      unsafe state.pointee.height += 1
    }
    var level = unsafe state.pointee.height
    if unsafe state.pointee.root == 0 { unsafe state.pointee.root = newChild(level) }
    var word = unsafe state.pointee.root
    while level > 0, let node = unsafe Node(bitPattern: word) {
      level -= 1
      let slot = Int(key >> (Self.fanShift * level)) & (Self.fanOut - 1)
      if unsafe node[slot] == 0 { unsafe node[slot] = newChild(level) }
      word = unsafe node[slot]
    }
    // A word just made is an address, never 0.
    return unsafe Leaf(bitPattern: word).unsafelyUnwrapped
  }

  private func newChild(_ level: UInt64) -> UInt {
    unsafe level == 0 ? UInt(bitPattern: Self.newLeaf()) : UInt(bitPattern: newNode())
  }

  @unsafe private func newNode() -> Node {
    let node = Node.allocate(capacity: Self.fanOut)
    unsafe node.initialize(repeating: 0, count: Self.fanOut)
    return unsafe node
  }

  /// The first leaf at or behind a key.
  @unsafe func leaf(atOrAfter key: UInt64) -> (key: UInt64, leaf: Leaf)? {
    guard reaches(key) else { return nil }
    return unsafe firstLeaf(state.pointee.root, state.pointee.height, prefix: 0, from: key)
  }

  @unsafe private func firstLeaf(
    _ word: UInt, _ level: UInt64, prefix: UInt64, from key: UInt64
  ) -> (key: UInt64, leaf: Leaf)? {
    if level == 0 {
      guard let leaf = unsafe Leaf(bitPattern: word) else { return nil }
      return unsafe (prefix, leaf)
    }
    guard let node = unsafe Node(bitPattern: word) else { return nil }
    let shift = Self.fanShift * (level - 1)
    let start = prefix >= key ? 0 : Int(key >> shift) & (Self.fanOut - 1)
    for slot in start..<Self.fanOut where unsafe node[slot] != 0 {
      let below = prefix | UInt64(slot) << shift
      if let found = unsafe firstLeaf(node[slot], level - 1, prefix: below, from: max(key, below)) {
        return unsafe found
      }
    }
    return nil
  }

  /// Frees the leaves whose whole range lies in the indices; none of them has an entry.
  func releaseLeaves(in indices: Range<UInt64>) {
    let first = (indices.lowerBound + Entry.hugeCount - 1) >> Self.fanShift
    let end = indices.upperBound >> Self.fanShift
    guard first < end else { return }
    unsafe state.pointee.root = release(
      state.pointee.root, state.pointee.height, prefix: 0, first..<end)
    if unsafe state.pointee.root == 0 { unsafe state.pointee.height = 0 }
  }

  /// Frees everything.
  func releaseAll() {
    unsafe state.pointee.root = release(
      state.pointee.root, state.pointee.height, prefix: 0, 0..<UInt64.max)
  }

  /// Frees what lies in the keys below a word; the word to keep in its place.
  private func release(
    _ word: UInt, _ level: UInt64, prefix: UInt64, _ keys: Range<UInt64>
  ) -> UInt {
    if level == 0 {
      guard keys.contains(prefix), let leaf = unsafe Leaf(bitPattern: word) else { return word }
      if unsafe hasEntries(leaf) { return word }
      unsafe leaf.deallocate()
      return 0
    }
    guard let node = unsafe Node(bitPattern: word) else { return 0 }
    let shift = Self.fanShift * (level - 1)
    var isUsed = false
    for slot in 0..<Self.fanOut where unsafe node[slot] != 0 {
      let below = prefix | UInt64(slot) << shift
      let last = below | (1 << shift - 1)
      if below < keys.upperBound, last >= keys.lowerBound {
        unsafe node[slot] = release(node[slot], level - 1, prefix: below, keys)
      }
      if unsafe node[slot] != 0 { isUsed = true }
    }
    if isUsed { return word }
    unsafe node.deallocate()
    return 0
  }
}
