import Testing

@testable import FSDAX

/// Operations on one file.
extension Machine {
  func operate() throws {
    let file = anyFile()
    let start = position(file)
    let count = byteCount()
    note = "file \(file.id.number) of \(file.size), \(start)+\(count)"
    switch random.below(40) {
    case 0..<8: write(file, start, count)
    case 8..<10: writeShort(file, start, count)
    case 10..<17: try store(file)
    case 17..<19: try load(file)
    case 19..<21: zero(file, start, count)
    case 21..<23: truncate(file, start)
    case 23: truncatePage(file, start)
    case 24..<26: punch(file, start, count)
    case 26..<28: allocate(file, start, count)
    case 28..<30: unshare(file, start, count)
    case 30..<34: clone(file)
    case 34..<36: try dedupe(file)
    case 36..<38: sync(file, start, count)
    case 38: try crash(file, start, count)
    default: try createOrRemove(file)
    }
  }

  @discardableResult
  func create() throws -> ModelFile {
    var attributes = FileAttributes()
    attributes.cowExtentHint = [0, 1, 7, 32][random.below(4)] as UInt32
    if kind.personality == .btrfs {
      attributes.isNodatacow = random.below(3) == 0
      attributes.isNodatasum = random.below(4) != 0
    }
    let file = ModelFile(try volume.create(attributes))
    files.append(file)
    return file
  }

  private func createOrRemove(_ file: ModelFile) throws {
    if files.count < kind.fileLimit {
      note = "create"
      try create()
    } else if file !== files[0] {
      note = "remove file \(file.id.number)"
      check(attempt { try volume.remove(file.id) } == nil, "remove failed")
      files.removeAll { $0 === file }
      for each in file.areas {
        each.copies = [:]
        file.bytes = []
        comparePage(file, each, 0)
      }
      check(errno { try volume.size(of: file.id) } == .ENOENT, "the file is still there")
    }
  }

  private func write(_ file: ModelFile, _ start: Int, _ count: Int) {
    note = "write " + note
    overwrites(file, min(start, file.size)..<start + count)
    inject()
    let data = Payload.bytes(count, &random)
    var done = 0
    _ = attempt { done = try rig.write(file.id, start, Array(data)) }
    check(done == count || kind.isSmall || isInjected, "\(done) bytes written")
    finishWrite(file, start, data, done)
  }

  /// A user's buffer of which the end cannot be read.
  private func writeShort(_ file: ModelFile, _ start: Int, _ count: Int) {
    let readable = min([0, 1, 50, 511, 4096, count - 1][random.below(6)], count - 1)
    note = "write \(readable) readable bytes of " + note
    overwrites(file, min(start, file.size)..<start + count)
    inject()
    let data = Payload.bytes(readable, &random)
    let buffer = user.tail(readable: readable, asked: count)
    user.fill(Array(data), at: buffer)
    var done = 0
    let error = attempt([.EFAULT]) {
      done = try volume.write(file.id, at: start, UnsafeRawBufferPointer(buffer))
    }
    if !kind.isSmall, !isInjected {
      check(done == readable && (error == .EFAULT) == (readable == 0), "\(done) bytes written")
    }
    finishWrite(file, start, data, done)
  }

  /// What was written is in the file; behind it an `end` that failed leaves old bytes, or new ones
  /// in blocks that were the file's own before.
  private func finishWrite(
    _ file: ModelFile, _ start: Int, _ data: ArraySlice<UInt8>, _ done: Int
  ) {
    file.write(start, data.prefix(done))
    guard isInjected, let found = try? rig.contents(file.id), found.count == file.size else {
      return
    }
    for place in start + done..<max(min(start + data.count, file.size), start + done)
    where found[place] == data[data.startIndex + place - start] {
      file.bytes[place] = found[place]
    }
  }

  /// Where an operation failed, each byte is as it was or as it should be, and the size too.
  private func settle(_ file: ModelFile, after error: Errno?, _ change: (ModelFile) -> Void) {
    let old = file.bytes
    change(file)
    guard let error else { return }
    let found = (try? rig.contents(file.id)) ?? []
    check(found.count == old.count || found.count == file.size, "\(found.count) bytes")
    for (place, byte) in found.enumerated() {
      let was = place < old.count ? old[place] : 0
      let wanted = place < file.size ? file.bytes[place] : 0
      if byte != was, byte != wanted { return fail("byte \(place) after \(error) is \(byte)") }
    }
    file.bytes = found
  }

  private func zero(_ file: ModelFile, _ start: Int, _ count: Int) {
    note = "zero " + note
    overwrites(file, start..<start + count)
    inject()
    let error = attempt { try volume.zero(file.id, at: start, byteCount: count) }
    settle(file, after: error) { $0.zero(start, count) }
  }

  private func truncate(_ file: ModelFile, _ size: Int) {
    if kind.isHuge, file === files[0] { return }
    note = "truncate " + note
    if size < file.size { breaksLayouts(file, size..<file.size) }
    // The last page is zeroed behind the new end, and where the file grows behind the old one.
    overwrites(file, min(size, file.size)..<max(size, file.size) + 1)
    inject()
    let error = attempt { try volume.truncate(file.id, to: size) }
    let isShorter = size <= file.size
    settle(file, after: error) { $0.resize(size) }
    if error == nil, isShorter {
      file.dropCopies(from: (size + 4095) >> 12)
    }
  }

  private func truncatePage(_ file: ModelFile, _ start: Int) {
    note = "truncate page " + note
    overwrites(file, start..<start + 1)
    inject()
    let error = attempt { try volume.truncatePage(file.id, at: start) }
    settle(file, after: error) { $0.zero(start, (4096 - start & 4095) & 4095) }
  }

  private func punch(_ file: ModelFile, _ start: Int, _ count: Int) {
    note = "punch " + note
    breaksLayouts(file, start..<start + count)
    inject()
    let error = attempt { try volume.punch(file.id, at: start, byteCount: count) }
    settle(file, after: error) { $0.zero(start, count) }
  }

  private func allocate(_ file: ModelFile, _ start: Int, _ count: Int) {
    note = "allocate " + note
    // What lies between the old and the new end is zeroed.
    if file.size < start + count { overwrites(file, file.size..<start + count) }
    inject()
    let error = attempt { try volume.allocate(file.id, at: start, byteCount: count) }
    settle(file, after: error) { $0.resize(max($0.size, start + count)) }
  }

  /// Contents stay; invariant 10: a second time there is nothing left to do.
  ///
  /// Staging that a hint spread over private blocks counts as shared; the next one uses it up.
  private func unshare(_ file: ModelFile, _ start: Int, _ count: Int) {
    note = "unshare " + note
    overwrites(file, start..<start + count)
    inject()
    let error = attempt { try volume.unshare(file.id, at: start, byteCount: count) }
    guard error == nil, !isInjected, kind.writesInPlace, rig.staging(file.id).isEmpty else {
      return
    }
    let again = rig.counting {
      _ = attempt { try volume.unshare(file.id, at: start, byteCount: count) }
    }
    check(
      again[.unshareBytesCopied] == 0 && again[.blocksAllocated] == 0
        && again[.refcountUpdates] == 0, "the second unshare had something to do")
  }

  private func sync(_ file: ModelFile, _ start: Int, _ count: Int) {
    let isWhole = random.below(2) == 0
    note = "sync " + (isWhole ? "all of " : "") + note
    if isWhole {
      _ = attempt { try volume.sync(file.id) }
      file.dirty = []
    } else {
      let pages = withHugeEntries(file, Self.pages(start..<start + count))
      _ = attempt { try volume.sync(file.id, from: start, byteCount: count) }
      file.dirty = file.dirty.filter { !pages.contains($0) }
    }
    let isLeft = rig.entries(file.id).contains { placed in
      isWhole && placed.entry.isDirty
    }
    check(!isLeft, "dirty after a sync")
  }

  /// Begin and body of a write without its end, then what a mount does.
  private func crash(_ file: ModelFile, _ start: Int, _ count: Int) throws {
    note = "crash in a write of " + note
    let inode = rig.inode(file.id)
    guard
      let pair = try? volume.begin(
        inode, position: UInt64(start), byteCount: UInt64(count), [.write, .dax],
        volume.ledgers.mine)
    else { return check(kind.isSmall || volume.hasChecksums(inode), "begin failed") }
    let usable = Int(pair.usableByteCount(at: UInt64(start), remaining: UInt64(count)))
    let data = Payload.bytes(usable, &random)
    let target = Int(pair.target.deviceByte(at: UInt64(start)))
    rig.volume.device.base.advanced(by: target).copyMemory(
      from: Array(data), byteCount: usable)
    try volume.recover()
    // Without a copy the bytes went into the file's own blocks.
    if !pair.target.flags.contains(.shared) { file.overwrite(start, data) }
    for each in files {
      each.dirty = []
      each.dropCopies(from: 0)
      check(rig.inode(each.id).cow.blockCount == 0, "staging after recovery")
      check(rig.inode(each.id).entries.isEmpty, "entries after recovery")
    }
  }
}
