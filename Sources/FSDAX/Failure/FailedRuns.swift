/// Pages of one file that a failure hits.
public struct FailedRun: Hashable, Sendable {
  /// The file's inode number.
  public var inode: UInt32
  /// Its pages.
  public var pages: Range<UInt64>
}

/// What the reverse map knows of a range of blocks.
struct ReverseMapAnswer: Hashable, Sendable {
  /// Runs of files, by inode and page.
  var runs: [FailedRun] = []
  /// Whether a block of the filesystem's own is among them.
  var hitsMetadata = false
}

extension Volume {
  /// Asks the reverse map of every group in a range of blocks; staging has no owner there.
  ///
  /// - Parameter blocks: Device blocks; those behind the device are nobody's.
  /// - Returns: All owners, adjacent blocks of a file as one run.
  func owners(of blocks: Range<UInt64>) -> ReverseMapAnswer {
    let range = blocks.clamped(to: 0..<UInt64(device.pageCount))
    var answer = ReverseMapAnswer()
    var pages: [BlockOwner] = []
    var next = range.lowerBound
    while next < range.upperBound {
      let index = groups.index(of: UInt32(next))
      let groupEnd = UInt64((index + 1) * groups.blocksPerGroup)
      // The first block of a group is its header.
      if next == UInt64(index * groups.blocksPerGroup) {
        answer.hitsMetadata = true
        next += 1
      }
      groups[index].lock()
      for block in next..<max(next, min(groupEnd, range.upperBound)) {
        groups[index].state.owners(of: UInt32(block), into: &pages)
      }
      groups[index].unlock()
      next = groupEnd
    }
    answer.runs = Self.runs(of: pages)
    return answer
  }

  /// Pages of files as runs.
  static func runs(of pages: [BlockOwner]) -> [FailedRun] {
    let sorted = pages.sorted { ($0.inode, $0.block) < ($1.inode, $1.block) }
    var runs: [FailedRun] = []
    for page in sorted {
      if let last = runs.last, last.inode == page.inode, last.pages.upperBound == page.block {
        runs[runs.count - 1].pages = last.pages.lowerBound..<page.block + 1
      } else {
        runs.append(FailedRun(inode: page.inode, pages: page.block..<page.block + 1))
      }
    }
    return runs
  }
}
