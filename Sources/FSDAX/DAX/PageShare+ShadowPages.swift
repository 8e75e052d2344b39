/// Shadow pages: each sharer has a page record of its own, which stands in a list that the physical
/// block leads to.
///
/// Taking one more is cheap; finding one of many is a walk.
struct ShadowPages: FrameTracker, ~Copyable {
  private struct Shadow {
    var owner: BlockOwner
    /// The next shadow of the same block; 0 for none.
    var next: UInt32
  }

  private var heads = [UInt32](repeating: 0, count: 512)
  /// Shadow 0 stands for none.
  private var shadows = [Shadow(owner: BlockOwner(inode: 0, block: 0), next: 0)]
  private var firstFree: UInt32 = 0

  init() {}

  mutating func associate(_ frame: Int, _ owner: BlockOwner, isShared: Bool) {
    let shadow = Shadow(owner: owner, next: heads[frame])
    if firstFree != 0 {
      let place = firstFree
      firstFree = shadows[Int(place)].next
      shadows[Int(place)] = shadow
      heads[frame] = place
    } else {
      shadows.append(shadow)
      heads[frame] = UInt32(shadows.count - 1)
    }
  }

  mutating func disassociate(_ frame: Int, _ owner: BlockOwner) {
    var previous: UInt32 = 0
    var place = heads[frame]
    while place != 0, shadows[Int(place)].owner != owner {
      previous = place
      place = shadows[Int(place)].next
    }
    if place == 0 { return }
    let next = shadows[Int(place)].next
    if previous == 0 { heads[frame] = next } else { shadows[Int(previous)].next = next }
    shadows[Int(place)].next = firstFree
    firstFree = place
  }

  func count(of frame: Int) -> Int {
    var count = 0
    walk(frame) { _ in count += 1 }
    return count
  }

  func owners(of frame: Int) -> FrameOwners {
    var found: [BlockOwner] = []
    walk(frame) { found.append($0) }
    return .known(found)
  }

  private func walk(_ frame: Int, _ body: (BlockOwner) -> Void) {
    var place = heads[frame]
    while place != 0 {
      body(shadows[Int(place)].owner)
      place = shadows[Int(place)].next
    }
  }
}
