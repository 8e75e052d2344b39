enum ExtentState: UInt8 { case written, unwritten, delayed }
struct Extent: Hashable, BitwiseCopyable, Sendable {
  var first: UInt64, device: UInt32, count: UInt32, state: ExtentState
  var end: UInt64 { first + UInt64(count) }
  init(first: UInt64, device: UInt32, count: UInt32, state: ExtentState) {
    self.first = first; self.device = device; self.count = count; self.state = state
  }
  func clipped(to r: Range<UInt64>) -> Extent {
    let a = max(first, r.lowerBound), b = min(end, r.upperBound)
    return Extent(first: a, device: state == .delayed ? 0 : device + UInt32(a - first), count: UInt32(b - a), state: state)
  }
}
struct ExtentMap: ~Copyable {
  var e: [Extent] = []
  init() {}
  var extentCount: Int { e.count }
  var isEmpty: Bool { e.isEmpty }
  func extent(containing b: UInt64) -> Extent? { e.first { $0.first <= b && b < $0.end } }
  func extent(atOrAfter b: UInt64) -> Extent? { e.first { $0.end > b } }
  func extent(before b: UInt64) -> Extent? { e.last { $0.first < b } }
  mutating func insert(_ x: Extent) {
    var x = x
    if let i = e.firstIndex(where: { $0.end == x.first && $0.state == x.state && (x.state == .delayed || $0.device + $0.count == x.device) && $0.count + x.count <= 1 << 21 }) {
      x = Extent(first: e[i].first, device: e[i].device, count: e[i].count + x.count, state: x.state); e.remove(at: i)
    }
    if let i = e.firstIndex(where: { $0.first == x.end && $0.state == x.state && (x.state == .delayed || x.device + x.count == $0.device) && $0.count + x.count <= 1 << 21 }) {
      x = Extent(first: x.first, device: x.device, count: e[i].count + x.count, state: x.state); e.remove(at: i)
    }
    let i = e.firstIndex { $0.first > x.first } ?? e.endIndex
    e.insert(x, at: i)
  }
  private mutating func cut(_ i: Int, _ r: Range<UInt64>) -> Extent {
    let x = e.remove(at: i); let p = x.clipped(to: r)
    if p.end < x.end { e.insert(x.clipped(to: p.end..<x.end), at: i) }
    if x.first < p.first { e.insert(x.clipped(to: x.first..<p.first), at: i) }
    return p
  }
  mutating func removeFirst(in r: Range<UInt64>) -> Extent? {
    guard let i = e.firstIndex(where: { $0.end > r.lowerBound && $0.first < r.upperBound }) else { return nil }
    return cut(i, r)
  }
  mutating func removeLast(in r: Range<UInt64>) -> Extent? {
    guard let i = e.lastIndex(where: { $0.end > r.lowerBound && $0.first < r.upperBound }) else { return nil }
    return cut(i, r)
  }
  mutating func replace(_ x: Extent) -> Extent? {
    guard let i = e.firstIndex(where: { $0.first <= x.first && x.end <= $0.end }) else { return nil }
    let old = cut(i, x.first..<x.end); insert(x); return old
  }
  mutating func setState(_ s: ExtentState, in r: Range<UInt64>) {
    var at = r.lowerBound
    while at < r.upperBound, let p = removeFirst(in: at..<r.upperBound) { insert(Extent(first: p.first, device: p.device, count: p.count, state: s)); at = p.end }
  }
  mutating func removeAll() { e = [] }
}
struct BlockOwner: Hashable, Sendable { var inode: UInt32; var block: UInt64 }
struct AllocationGroup: ~Copyable {
  let base: UInt32
  var counts: [UInt32]; var used: [Bool]; var own: [[BlockOwner]]
  var freeCount: Int { used.filter { !$0 }.count }
  init(firstBlock: UInt32, blockCount: Int) {
    base = firstBlock; counts = .init(repeating: 0, count: blockCount); used = .init(repeating: false, count: blockCount); own = .init(repeating: [], count: blockCount); used[0] = true
  }
  mutating func allocate(upTo n: Int, near: UInt32?, alignment: Int) -> Range<UInt32>? {
    var i = 0; var best: Range<Int>?
    while i < used.count {
      if used[i] || (alignment > 1 && i % alignment != 0) { i += 1; continue }
      var j = i; while j < used.count, !used[j], j - i < n { j += 1 }
      if j - i > (best?.count ?? 0) { best = i..<j }
      if j - i == n { break }
      i = j
    }
    guard let best, alignment == 1 || best.count == n else { return nil }
    for k in best { used[k] = true }
    return base + UInt32(best.lowerBound)..<base + UInt32(best.upperBound)
  }
  mutating func free(_ r: Range<UInt32>) { for b in r { used[Int(b - base)] = false } }
  func count(of b: UInt32) -> UInt32 { counts[Int(b - base)] }
  mutating func adopt(_ r: Range<UInt32>, inode: UInt32, first: UInt64) {
    for b in r { counts[Int(b - base)] = 1; own[Int(b - base)].append(BlockOwner(inode: inode, block: first + UInt64(b - r.lowerBound))) }
  }
  mutating func share(_ r: Range<UInt32>, inode: UInt32, first: UInt64) -> Bool {
    for b in r { counts[Int(b - base)] += 1; own[Int(b - base)].append(BlockOwner(inode: inode, block: first + UInt64(b - r.lowerBound))) }
    return true
  }
  mutating func release(_ r: Range<UInt32>, inode: UInt32, first: UInt64) -> Int {
    var freed = 0
    for b in r {
      let i = Int(b - base)
      counts[i] -= 1
      own[i].remove(at: own[i].firstIndex(of: BlockOwner(inode: inode, block: first + UInt64(b - r.lowerBound)))!)
      if counts[i] == 0 { used[i] = false; freed += 1 }
    }
    return freed
  }
  func firstShared(in r: Range<UInt32>) -> Range<UInt32>? {
    guard let a = r.first(where: { counts[Int($0 - base)] > 1 }) else { return nil }
    var b = a; while b < r.upperBound, counts[Int(b - base)] > 1 { b += 1 }
    return a..<b
  }
  func owners(of b: UInt32, into: inout [BlockOwner]) { into += own[Int(b - base)] }
}
