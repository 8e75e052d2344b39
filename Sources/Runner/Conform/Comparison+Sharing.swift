/// Which places in files have the same block, on both sides.
extension Comparison {
  /// A block of a file on both sides.
  private struct Place {
    var model: Side = Side(state: .hole, device: -1)
    var live: Side = Side(state: .hole, device: -1)
  }

  private struct Side {
    var state: PlacedExtent.State
    var device: Int
  }

  /// What a personality promises: where there are data, and which of them lie on one block.
  ///
  /// Where on the device blocks lie is nobody's business, so blocks are compared by a pairing:
  /// each block of the model stands for one of the other side, in all files alike.
  mutating func compareSharing(_ sizes: [String: Int]) -> String? {
    var toLive: [Int: (device: Int, name: String)] = [:]
    var toModel: [Int: (device: Int, name: String)] = [:]
    var nowExcused: [String: Set<Int>] = [:]
    for (name, size) in sizes.sorted(by: { $0.key < $1.key }) {
      guard let model = model.extents(of: name), let live = live.extents(of: name) else {
        return "the extents of \(name) could not be read"
      }
      for (block, place) in places(model, live, size).sorted(by: { $0.key < $1.key }) {
        let (a, b) = (place.model, place.live)
        let label = "block \(block) of \(name)"
        if a.state != b.state {
          guard let rule = stateRule(a.state, b.state, name, block) else {
            return "\(label) is \(a.state.rawValue) in the model, \(b.state.rawValue)"
          }
          use.use(rule)
          if rule == .inlineData { nowExcused[name, default: []].insert(block) }
          continue
        }
        guard a.state == .data else { continue }
        if excused[name]?.contains(block) == true {
          // Apart for as long as neither side writes it anew.
          use.use(.copiedInline)
          nowExcused[name, default: []].insert(block)
          continue
        }
        if let known = toLive[a.device], known.device != b.device {
          return "\(label) shares its block with \(known.name) in the model alone"
        }
        if let known = toModel[b.device], known.device != a.device {
          return "\(label) shares its block with \(known.name), but not in the model"
        }
        toLive[a.device] = (b.device, label)
        toModel[b.device] = (a.device, label)
      }
    }
    excused = nowExcused.filter { !$0.value.isEmpty }
    return nil
  }

  private func stateRule(
    _ model: PlacedExtent.State, _ live: PlacedExtent.State, _ name: String, _ block: Int
  ) -> DifferenceRule? {
    switch (model, live) {
    case (.hole, .unwritten), (.unwritten, .hole): .unwrittenOrHole
    case (_, .inline): .inlineData
    default: nil
    }
  }

  private func places(
    _ model: [PlacedExtent], _ live: [PlacedExtent], _ size: Int
  ) -> [Int: Place] {
    var places: [Int: Place] = [:]
    let end = (size + 4095) >> 12
    func each(_ extents: [PlacedExtent], _ set: (inout Place, Side) -> Void) {
      for extent in extents {
        let first = extent.position >> 12
        let last = min((extent.position + extent.byteCount + 4095) >> 12, end)
        for block in first..<max(first, last) {
          let device = extent.deviceByte + (block - first) << 12
          set(&places[block, default: Place()], Side(state: extent.state, device: device))
        }
      }
    }
    each(model) { $0.model = $1 }
    each(live) { $0.live = $1 }
    return places
  }
}
