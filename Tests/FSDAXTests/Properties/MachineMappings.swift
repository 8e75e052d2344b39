@testable import FSDAX

/// Stores and loads through mappings.
extension Machine {
  /// A mapping of the file, made where there are too few.
  private func anyArea(_ file: ModelFile) throws -> ModelArea? {
    if file.areas.count > 3 { file.areas.remove(at: random.below(4)) }
    if file.areas.isEmpty || random.below(4) == 0 {
      let isPrivate = random.below(3) == 0
      let isSynchronous = !isPrivate && random.below(4) == 0
      let isLarge = kind.isHuge && file.size > 2 << 20
      let first = isLarge || random.below(3) > 0 ? 0 : random.below(6)
      var made: VirtualArea?
      let error = errno {
        made = try volume.makeArea(
          file.id, at: first << 12, pageCount: isLarge ? 800 : 14, isPrivate: isPrivate,
          isSynchronous: isSynchronous)
      }
      let isRefused = volume.hasChecksums(rig.inode(file.id))
      check(error == (isRefused ? .EOPNOTSUPP : nil), "mapping: \(error.debugDescription)")
      if let made { file.areas.append(ModelArea(made)) }
    }
    return file.areas.isEmpty ? nil : file.areas[random.below(file.areas.count)]
  }

  private func order(_ file: ModelFile) -> Int {
    kind.isHuge && file.size > 2 << 20 && random.below(2) == 0 ? 9 : 0
  }

  /// A page of the mapping, mostly one that the file has.
  private func page(_ file: ModelFile, _ mapped: ModelArea) -> Int {
    let pages = max(min(file.pageCount - mapped.area.filePage, mapped.area.pageCount - 1), 0)
    return random.below(4) == 0 ? pages : random.below(pages + 1)
  }

  func load(_ file: ModelFile) throws {
    guard let mapped = try anyArea(file) else { return }
    let page = page(file, mapped)
    note = "load page \(page) of a mapping of file \(file.id.number)"
    comparePage(file, mapped, page, order: order(file))
  }

  func store(_ file: ModelFile) throws {
    guard let mapped = try anyArea(file) else { return }
    let page = page(file, mapped)
    let start = [0, 0, 1, 511, 512, 4095, random.below(4096)][random.below(7)]
    let count = [1, 50, 512, 4096][random.below(4)]
    let data = Payload.bytes(min(count, 4096 - start), &random)
    let order = order(file)
    note =
      "store \(start)+\(data.count) in page \(page) of a "
      + "\(mapped.area.isPrivate ? "private" : "shared") mapping at \(mapped.area.filePage) "
      + "of file \(file.id.number) of \(file.size), order \(order)"
    if !mapped.area.isPrivate { inject() }
    let filePage = mapped.area.filePage + page
    let hasCopy = mapped.copies[page] != nil
    let isBehind = filePage >= file.pageCount && !hasCopy
    let error = attempt(isBehind || kind.isSmall ? [.EIO] : []) {
      let bytes = Array(data)
      try volume.store(mapped.area, at: page << 12 + start, bytes.span.bytes, order: order)
    }
    check(!isBehind || error == .EIO, "a store behind the end")
    guard error == nil else { return }
    if mapped.area.isPrivate {
      storePrivately(file, mapped, page, start, data)
    } else {
      file.overwrite(filePage << 12 + start, data)
      file.dirty.insert(UInt64(filePage))
    }
  }

  private func storePrivately(
    _ file: ModelFile, _ mapped: ModelArea, _ page: Int, _ start: Int, _ data: ArraySlice<UInt8>
  ) {
    let first = (mapped.area.filePage + page) << 12
    var copy =
      mapped.copies[page]
      ?? (0..<4096).map { first + $0 < file.size ? Int16(file.bytes[first + $0]) : -1 }
    for (offset, byte) in data.enumerated() { copy[start + offset] = Int16(byte) }
    mapped.copies[page] = copy
  }
}
