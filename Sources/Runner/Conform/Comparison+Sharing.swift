internal import Plan

/// Which places in files have the same block, on both sides.
extension Comparison {
  /// A block of a file.
  private struct Place: Hashable {
    var name: String
    var block: Int

    var text: String { "block \(block) of \(name)" }
  }

  /// What a place has on one side.
  private struct Side: Hashable {
    var state = PlacedExtent.State.hole
    var device = -1
  }

  /// A block of the model and the one that stands for it.
  private struct Pair: Hashable {
    var model: Int
    var live: Int
  }

  /// A block of zeros of the other side, and how much of it lies in front of the file's end.
  private struct Zeros: Hashable {
    var device: Int
    var byteCount: Int
  }

  private typealias Sides = [Place: (model: Side, live: Side)]

  private enum Finding {
    case agree, followed
    case differ(String)
  }

  /// What a personality promises: where there are data, and which of them lie on one block.
  ///
  /// Where on the device blocks lie is nobody's business, so blocks are compared by a pairing:
  /// each block of the model stands for one of the other side, in all files alike. Where a rule
  /// lets the sides part, the model follows, so that later steps begin with the same blocks.
  mutating func compareSharing(_ sizes: [String: Int]) -> String? {
    var found: [Place: Side] = [:]
    for (name, size) in sizes {
      guard let extents = live.extents(of: name) else { return "no extents of \(name)" }
      Self.each(extents, size) { found[Place(name: name, block: $0)] = $1 }
    }
    defer {
      for (name, blocks) in excused {
        excused[name] = blocks.filter {
          found[Place(name: name, block: $0.key)]?.device == $0.value
        }
      }
      touched.forget(keeping: excused)
    }
    // Each round settles at least one block.
    for _ in 0..<1000 {
      var places: Sides = found.mapValues { (Side(), $0) }
      for (name, size) in sizes {
        guard let extents = model.extents(of: name) else { return "no extents of \(name)" }
        Self.each(extents, size) {
          places[Place(name: name, block: $0), default: (Side(), Side())].model = $1
        }
      }
      switch compare(places, sizes) {
      case .agree: return nil
      case .differ(let text): return text
      case .followed: continue
      }
    }
    return "the model could not be made to follow"
  }

  private mutating func compare(_ places: Sides, _ sizes: [String: Int]) -> Finding {
    var hasFollowed = false
    var byModel: [Int: [Place]] = [:]
    var byLive: [Int: [Place]] = [:]
    // Blocks of zeros that the model got in this round, by the other side's block.
    var zeroed: [Zeros: Place] = [:]
    // Blocks of the model whose bytes lie in a file's metadata on the other side.
    var inline: Set<Int> = []
    let late = excusedPairs(places)
    let order = places.keys.sorted { ($0.name, $0.block) < ($1.name, $1.block) }
    for place in order {
      guard let (a, b) = places[place] else { continue }
      if a.state != b.state {
        guard let rule = rule(place, a.state, b.state) else {
          return .differ("\(place.text) is \(a.state.rawValue) in the model, \(b.state.rawValue)")
        }
        use.use(rule)
        if rule == .inlineData { inline.insert(a.device) }
        if rule == .reservedBehindEnd {
          reserve(place, sizes)
          hasFollowed = true
        }
        if rule == .zerosAsData || rule == .zeroEdge {
          let zeros = Zeros(device: b.device, byteCount: byteCount(place, sizes))
          follow(place, zeros.byteCount, known: zeroed[zeros])
          if b.state == .data { zeroed[zeros] = zeroed[zeros] ?? place }
          hasFollowed = true
        }
        continue
      }
      guard a.state == .data, excused[place.name]?[place.block] != b.device else { continue }
      if late.contains(Pair(model: a.device, live: b.device)) {
        excused[place.name, default: [:]][place.block] = b.device
        continue
      }
      byModel[a.device, default: []].append(place)
      byLive[b.device, default: []].append(place)
    }
    if hasFollowed { return .followed }
    for (device, together) in byModel.sorted(by: { $0.key < $1.key }) where together.count > 1 {
      let groups = Dictionary(grouping: together) { places[$0]?.live.device ?? -1 }
      if groups.count > 1 {
        return part(
          groups.sorted { $0.key < $1.key }.map(\.value), sizes,
          isInline: inline.contains(device))
      }
    }
    for together in byLive.sorted(by: { $0.key < $1.key }).map(\.value) where together.count > 1 {
      guard let first = together.first, let device = places[first]?.model.device,
        let other = together.first(where: { places[$0]?.model.device != device })
      else { continue }
      guard let (late, rule) = shareRule(first, other) else {
        return .differ("\(other.text) has the block of \(first.text), but not in the model")
      }
      use.use(rule)
      excused[late.name, default: [:]][late.block] = places[late]?.live.device ?? -1
      return .followed
    }
    return .agree
  }

  /// Bytes of a block in front of the end of its file.
  private func byteCount(_ place: Place, _ sizes: [String: Int]) -> Int {
    min(4096, (sizes[place.name] ?? 0) - place.block << 12)
  }

  /// The model gets a reservation where the other side has one, not beyond the end of the file.
  private func reserve(_ place: Place, _ sizes: [String: Int]) {
    let count = byteCount(place, sizes)
    model.force(TraceStep(.allocate, [place.name], [place.block << 12, count]))
  }

  /// The model gets a block of zeros where the other side has one: its own, or one already made
  /// with as many bytes, so that two blocks in which files end can be shared like whole ones.
  private func follow(_ place: Place, _ count: Int, known: Place?) {
    let first = place.block << 12
    if let known {
      model.force(
        TraceStep(.clone, [known.name, place.name], [known.block << 12, count, first]))
    } else {
      model.force(TraceStep(.write, [place.name], [first, count, 0]))
    }
  }

  /// The blocks of places that a rule let pass: whoever has both by a clone passes, too.
  private func excusedPairs(_ places: Sides) -> Set<Pair> {
    var pairs: Set<Pair> = []
    for (name, blocks) in excused {
      for (block, device) in blocks {
        guard let (a, b) = places[Place(name: name, block: block)], b.device == device,
          a.state == .data, b.state == .data
        else { continue }
        pairs.insert(Pair(model: a.device, live: b.device))
      }
    }
    return pairs
  }

  /// Places that share a block in the model alone: those that the kernel copied get one.
  ///
  /// A clone of bytes that lie in metadata copies them.
  private mutating func part(
    _ groups: [[Place]], _ sizes: [String: Int], isInline: Bool
  ) -> Finding {
    func copyRule(_ place: Place) -> DifferenceRule? {
      self.copyRule(place) ?? (isInline ? .inlineData : nil)
    }
    let moved = groups.filter { $0.contains { copyRule($0) != nil } }
    guard moved.count >= groups.count - 1 else {
      let (first, other) = (groups[0][0], groups[1][0])
      return .differ("\(other.text) has the block of \(first.text) in the model alone")
    }
    for group in moved.prefix(groups.count - 1) {
      for place in group {
        if let rule = copyRule(place) {
          use.use(rule)
          break
        }
      }
      let from = group[0].block << 12
      let count = min(4096, (sizes[group[0].name] ?? 0) - from)
      model.force(TraceStep(.unshare, [group[0].name], [from, count]))
      for place in group.dropFirst() {
        model.force(
          TraceStep(.clone, [group[0].name, place.name], [from, count, place.block << 12]))
      }
    }
    return .followed
  }

  /// Why the kernel may have copied a block that the model left shared.
  private func copyRule(_ place: Place) -> DifferenceRule? {
    if touched.mayBeInStoredFolio(place.name, place.block) { return .folioCopied }
    return isBtrfs && touched.isOldEnd(place.name, place.block) ? .endCopied : nil
  }

  /// Which of two places may share a block on the other side alone, and why.
  ///
  /// Blocks of zeros were shared as the last of their files; what grew since cannot be cloned into
  /// what did not.
  private func shareRule(_ first: Place, _ other: Place) -> (Place, DifferenceRule)? {
    guard isBtrfs else { return nil }
    let both = [first, other]
    if let late = both.first(where: { touched.isTruncated($0.name, $0.block) }) {
      return (late, .truncatedKeepsShared)
    }
    return both.allSatisfy { touched.isZeroEdge($0.name, $0.block) } ? (other, .zeroEdge) : nil
  }

  private func rule(
    _ place: Place, _ model: PlacedExtent.State, _ live: PlacedExtent.State
  ) -> DifferenceRule? {
    switch (model, live) {
    case (.hole, .unwritten):
      return touched.mayBeReserved(place.name, place.block, clonesReservations: isBtrfs)
        ? .reservedBehindEnd : nil
    case (_, .inline): return .inlineData
    case (.data, .encoded): return .encodedData
    case (.hole, .data), (.unwritten, .data), (.hole, .encoded), (.unwritten, .encoded):
      if isBtrfs && touched.isZeroEdge(place.name, place.block) { return .zeroEdge }
      return touched.mayBeInStoredFolio(place.name, place.block) ? .zerosAsData : nil
    default: return nil
    }
  }

  private static func each(
    _ extents: [PlacedExtent], _ size: Int, _ body: (Int, Side) -> Void
  ) {
    let end = (size + 4095) >> 12
    for extent in extents {
      let first = extent.position >> 12
      let last = min((extent.position + extent.byteCount + 4095) >> 12, end)
      for block in first..<max(first, last) {
        body(block, Side(state: extent.state, device: extent.deviceByte + (block - first) << 12))
      }
    }
  }
}
