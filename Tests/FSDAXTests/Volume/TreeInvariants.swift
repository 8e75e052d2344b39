import Testing

@testable import FSDAX

/// What the structure of a tree breaks, as sentences; none if it is sound.
func breaches<Record>(_ tree: borrowing RecordTree<Record>) -> [String] {
  var check = TreeCheck<Record>(height: tree.height)
  guard let root = tree.root else {
    return tree.count == 0 && tree.height == 0 ? [] : ["\(tree.count) records without a root"]
  }
  check.visit(root, level: tree.height, above: nil, below: nil)
  check.visitLinks()
  if check.recordCount != tree.count {
    check.breaches.append("\(check.recordCount) records, counted as \(tree.count)")
  }
  return check.breaches
}

private struct TreeCheck<Record: TreeRecord> {
  typealias Node = RecordTree<Record>.Node

  let height: Int
  var breaches: [String] = []
  var recordCount = 0
  var leaves: [Node] = []

  init(height: Int) { self.height = height }

  mutating func visit(_ node: Node, level: Int, above low: Record?, below high: Record?) {
    let members = level == 0 ? node.count : node.count + 1
    let least = level < height ? RecordTree<Record>.minimum : level == 0 ? 1 : 2
    if members < least || members > RecordTree<Record>.capacity {
      breaches.append("\(members) members in a node of level \(level)")
    }
    for index in 0..<node.count {
      let record = node.record(at: index)
      if index > 0, !Record.precedes(node.record(at: index - 1), record) {
        breaches.append("records \(index - 1) and \(index) out of order at level \(level)")
      }
      if let low, Record.precedes(record, low) {
        breaches.append("a record below its separator at level \(level)")
      }
      if let high, !Record.precedes(record, high) {
        breaches.append("a record above its separator at level \(level)")
      }
    }
    if level == 0 {
      recordCount += node.count
      leaves.append(node)
      return
    }
    for index in 0...node.count {
      visit(
        node.child(at: index), level: level - 1,
        above: index == 0 ? low : node.record(at: index - 1),
        below: index == node.count ? high : node.record(at: index))
    }
  }

  mutating func visitLinks() {
    for (index, leaf) in leaves.enumerated() {
      let before = index > 0 ? leaves[index - 1] : nil
      let behind = index + 1 < leaves.count ? leaves[index + 1] : nil
      if !isSame(leaf.previous, before) || !isSame(leaf.next, behind) {
        breaches.append("leaf \(index) of \(leaves.count) has wrong neighbours")
      }
    }
  }

  private func isSame(_ left: Node?, _ right: Node?) -> Bool {
    guard let left, let right else { return (left == nil) == (right == nil) }
    return left.isSame(as: right)
  }
}
