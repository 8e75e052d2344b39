extension RecordTree {
  /// Slots of a leaf, and the children an inner node may have.
  @inline(__always) static var capacity: Int { 64 }
  /// A node other than the root with fewer records or children is merged or filled up.
  @inline(__always) static var minimum: Int { 16 }
  /// Two neighbours with at most so many together become one, which can then still grow.
  @inline(__always) static var mergeLimit: Int { 48 }

  /// One node: a header line, 64 record slots, and in an inner node 64 children behind them.
  ///
  /// The records of an inner node are the separators: child `i + 1` begins at separator `i`.
  /// `count` is that of the records, so an inner node has `count + 1` children.
  @safe
  struct Node {
    // SAFETY: `base` is memory of this layout that the tree allocated and has not freed; an index
    // is within the capacity, for which the tree answers. All bits of the
    // slots behind the count are one, so that a search may read them and passes none by.
    let base: UnsafeMutableRawPointer

    /// The first line of a node.
    @safe
    struct Header {
      var count: Int
      var next: UnsafeMutableRawPointer?
      var previous: UnsafeMutableRawPointer?
    }

    @inline(__always) static var headerByteCount: Int { 64 }

    @inline(__always)
    static func byteCount(isLeaf: Bool) -> Int {
      let slots = headerByteCount + capacity * MemoryLayout<Record>.stride
      return isLeaf ? slots : slots + capacity * MemoryLayout<UInt>.stride
    }

    /// The node at an address.
    @inline(__always)
    init(base: UnsafeMutableRawPointer) { unsafe self.base = base }

    /// A new node without records.
    @inline(never)
    init(isLeaf: Bool) {
      let size = Self.byteCount(isLeaf: isLeaf)
      unsafe base = .allocate(byteCount: size, alignment: 64)
      unsafe base.initializeMemory(as: UInt8.self, repeating: .max, count: size)
      unsafe header.initialize(to: Header(count: 0, next: nil, previous: nil))
    }

    /// Gives the memory back.
    func free() { unsafe base.deallocate() }

    @inline(__always)
    private var header: UnsafeMutablePointer<Header> {
      unsafe base.assumingMemoryBound(to: Header.self)
    }

    @inline(__always)
    var records: UnsafeMutablePointer<Record> {
      unsafe (base + Self.headerByteCount).assumingMemoryBound(to: Record.self)
    }

    @inline(__always)
    var children: UnsafeMutablePointer<UnsafeMutableRawPointer> {
      unsafe (base + Self.byteCount(isLeaf: true))
        .assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }

    /// How many records there are.
    @inline(__always)
    var count: Int {
      get { unsafe header.pointee.count }
      nonmutating set { unsafe header.pointee.count = newValue }
    }

    /// The leaf behind this one.
    @inline(__always)
    var next: Node? {
      get { unsafe header.pointee.next.map { unsafe Node(base: $0) } }
      nonmutating set { unsafe header.pointee.next = newValue?.base }
    }

    /// The leaf in front of this one.
    @inline(__always)
    var previous: Node? {
      get { unsafe header.pointee.previous.map { unsafe Node(base: $0) } }
      nonmutating set { unsafe header.pointee.previous = newValue?.base }
    }

    @inline(__always)
    func record(at index: Int) -> Record { unsafe records[index] }

    @inline(__always)
    func setRecord(_ record: Record, at index: Int) { unsafe records[index] = record }

    @inline(__always)
    func child(at index: Int) -> Node { unsafe Node(base: children[index]) }

    /// Whether this is the same node as another.
    @inline(__always)
    func isSame(as other: Node) -> Bool { unsafe base == other.base }
  }
}

extension RecordTree.Node {
  /// How many records have a key that is not after that of a probe.
  ///
  /// Every eighth record first, then the eight of one group: two rounds of independent loads
  /// without a branch, where a binary search waits for six loads in a row.
  @inline(__always)
  func countNotAfter(_ probe: Record) -> Int {
    // SAFETY: 64 slots are initialised; those behind the count are after every probe but theirs.
    let records = unsafe self.records
    var start = 0
    var index = 8
    while index < 64 {
      start &+= Record.precedes(probe, unsafe records[index]) ? 0 : 1
      index &+= 8
    }
    let group = unsafe records + start &<< 3
    var total = start &<< 3
    index = 0
    while index < 8 {
      total &+= Record.precedes(probe, unsafe group[index]) ? 0 : 1
      index &+= 1
    }
    return min(total, count)
  }

  /// Makes slots unused: all bits one, which no search counts.
  @inline(__always)
  func vacate(_ slots: Range<Int>) {
    // SAFETY: the tree answers for slots within the capacity.
    let stride = MemoryLayout<Record>.stride
    unsafe UnsafeMutableRawPointer(records + slots.lowerBound)
      .initializeMemory(as: UInt8.self, repeating: .max, count: slots.count &* stride)
  }
}
