/// How frames that several files have are tracked.
public enum ShareTracking: String, CaseIterable, Sendable {
  /// A counter; the filesystem's reverse map knows who.
  case shareCount
  /// A tree of owners for each frame.
  case ownerTree
  /// Shadow pages of each sharer, found by the physical block.
  case shadowPages
}

struct FrameTable: ~Copyable, Sendable {
  init(frameCount: Int, tracking: ShareTracking) {}
}
