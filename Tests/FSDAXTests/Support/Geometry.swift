import HotCore

/// The geometry of a block written as a whole.
enum EdgeGeometryOfBlock {
  static let whole = EdgeGeometry(position: 0, length: 4096, alignment: 4096)
}
