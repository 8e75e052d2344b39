import Testing

@testable import FSDAX

@Suite("iomap iteration")
final class IteratorTests {
  private let inode = Inode(number: 1)
  private let ledgers = LedgerTable()

  deinit { inode.destroy() }

  private func iterator(_ position: UInt64, _ byteCount: UInt64) -> IomapIterator {
    IomapIterator(
      inode, position: position, byteCount: byteCount, [.write, .dax], ledgers.mine)
  }

  /// Runs a script with a body; the error it ends with.
  private func run(
    _ filesystem: ScriptedFilesystem, _ iterator: inout IomapIterator,
    _ body: (inout IomapIterator) throws(Errno) -> Void
  ) -> Errno? {
    do throws(Errno) {
      while try iterator.next(filesystem) {
        do throws(Errno) { try body(&iterator) } catch { iterator.status = error }
      }
      return nil
    } catch {
      return error
    }
  }

  private func whole(_ iterator: inout IomapIterator) throws(Errno) {
    try iterator.advance(iterator.usable)
  }

  @Test("I-1: three mappings, full progress")
  func threeMappings() {
    let filesystem = ScriptedFilesystem(pieces: 3, of: 4096)
    var iterator = iterator(0, 10_000)
    #expect(run(filesystem, &iterator, whole) == nil)
    #expect(filesystem.begins == [.init(0, 10_000), .init(4096, 5904), .init(8192, 1808)])
    #expect(
      filesystem.ends == [.init(0, 4096, 4096), .init(4096, 4096, 4096), .init(8192, 1808, 1808)])
    #expect(iterator.position == 10_000 && iterator.remaining == 0)
    #expect(ledgers.totals[.begins] == 3 && ledgers.totals[.ends] == 3)
  }

  @Test("I-5: a body that stops halfway is asked again from there")
  func partialProgress() {
    let mapping = MappingPair(
      target: Mapping(type: .mapped, offset: 0, byteCount: 4096, address: 0))
    let filesystem = ScriptedFilesystem([.success(mapping), .success(mapping)])
    var iterator = iterator(0, 4096)
    let error = run(filesystem, &iterator) { iterator throws(Errno) in
      try iterator.advance(iterator.position == 0 ? 1000 : iterator.usable)
    }
    #expect(error == nil)
    #expect(filesystem.begins == [.init(0, 4096), .init(1000, 3096)])
    #expect(filesystem.ends == [.init(0, 4096, 1000), .init(1000, 3096, 3096)])
  }

  @Test("I-6: a body without progress ends the loop quietly")
  func noProgress() {
    let filesystem = ScriptedFilesystem(pieces: 2, of: 4096)
    var iterator = iterator(100, 8000)
    #expect(run(filesystem, &iterator) { _ throws(Errno) in } == nil)
    #expect(filesystem.ends == [.init(100, 3996, 0)])
    #expect(iterator.position == 100 && iterator.remaining == 8000)
  }

  @Test("A stale mapping without progress is looked up again, behind an end of nothing")
  func stale() {
    let mapping = MappingPair(
      target: Mapping(type: .mapped, offset: 0, byteCount: 4096, address: 0))
    let filesystem = ScriptedFilesystem([.success(mapping), .success(mapping)])
    var iterator = iterator(100, 3000)
    let error = run(filesystem, &iterator) { iterator throws(Errno) in
      if filesystem.begins.count == 1 { return iterator.markStale() }
      try iterator.advance(iterator.usable)
    }
    #expect(error == nil)
    #expect(filesystem.begins == [.init(100, 3000), .init(100, 3000)])
    #expect(filesystem.ends == [.init(100, 3000, 0), .init(100, 3000, 3000)])
  }

  @Test("A walk that stops ends the step it is in, once, and begins no other")
  func stopped() throws {
    let mapping = MappingPair(
      target: Mapping(type: .mapped, offset: 0, byteCount: 8192, address: 0))
    let filesystem = ScriptedFilesystem([.success(mapping), .success(mapping)])
    filesystem.endErrors = [nil, .EIO]
    var iterator = iterator(0, 8192)
    try iterator.stop(filesystem)
    #expect(filesystem.ends == [])
    #expect(try iterator.next(filesystem))
    try iterator.advance(1000)
    try iterator.stop(filesystem)
    try iterator.stop(filesystem)
    #expect(filesystem.begins.count == 1)
    #expect(filesystem.ends == [.init(0, 8192, 1000)])
    #expect(ledgers.totals[.begins] == 1 && ledgers.totals[.ends] == 1)
    // The error of such an end is the caller's.
    #expect(try iterator.next(filesystem))
    #expect(throws: Errno.EIO) { try iterator.stop(filesystem) }
  }

  @Test("I-7: progress, then an error: end hears of the progress, the caller of the error")
  func progressThenError() {
    let filesystem = ScriptedFilesystem(pieces: 1, of: 4096)
    var iterator = iterator(0, 4096)
    let error = run(filesystem, &iterator) { iterator throws(Errno) in
      try iterator.advance(1000)
      throw .EIO
    }
    #expect(error == .EIO)
    #expect(filesystem.ends == [.init(0, 4096, 1000)])
    #expect(iterator.position == 1000)
  }

  @Test("I-8: the error of end beats the body's when nothing was done", arguments: [true, false])
  func endErrorWins(losesEndError: Bool) {
    let filesystem = ScriptedFilesystem(pieces: 1, of: 4096, losesEndError: losesEndError)
    filesystem.endErrors = [.ENOSPC]
    var iterator = iterator(0, 4096)
    #expect(run(filesystem, &iterator) { _ throws(Errno) in throw .EIO } == .ENOSPC)
  }

  @Test("I-9, H2: an error of end after progress is lost upstream, and surfaces strictly")
  func lostEndError() {
    let upstream = ScriptedFilesystem(pieces: 2, of: 4096, losesEndError: true)
    upstream.endErrors = [.ENOSPC, nil]
    var first = iterator(0, 8192)
    #expect(run(upstream, &first, whole) == nil)
    #expect(first.position == 8192 && upstream.begins.count == 2)

    let strict = ScriptedFilesystem(pieces: 2, of: 4096)
    strict.endErrors = [nil, .ENOSPC]
    var second = iterator(0, 8192)
    #expect(run(strict, &second, whole) == .ENOSPC)
    #expect(second.position == 4096, "what was not completed is not counted")
    #expect(second.remaining == 4096)
  }

  @Test("H2: upstream a body's own error still counts after a lost one of end")
  func lostEndErrorKeepsStatus() {
    let filesystem = ScriptedFilesystem(pieces: 1, of: 4096, losesEndError: true)
    filesystem.endErrors = [.ENOSPC]
    var iterator = iterator(0, 4096)
    let error = run(filesystem, &iterator) { iterator throws(Errno) in
      try iterator.advance(1000)
      throw .EIO
    }
    #expect(error == .EIO)
  }

  @Test("I-10: too far an advance is EIO and moves nothing")
  func advanceTooFar() {
    let filesystem = ScriptedFilesystem(pieces: 1, of: 4096)
    var iterator = iterator(0, 10_000)
    var seen: Errno?
    let error = run(filesystem, &iterator) { iterator throws(Errno) in
      do throws(Errno) { try iterator.advance(5000) } catch { seen = error }
    }
    #expect(seen == .EIO && error == nil)
    #expect(iterator.position == 0 && iterator.remaining == 10_000)
    #expect(filesystem.ends == [.init(0, 4096, 0)])
  }

  @Test("I-11: a mapping that begins behind the position stops the program")
  func protocolViolation() async {
    await #expect(processExitsWith: .failure) {
      let ledgers = LedgerTable()
      let pair = MappingPair(
        target: Mapping(type: .mapped, offset: 8192, byteCount: 4096, address: 0))
      let filesystem = ScriptedFilesystem([.success(pair)])
      var iterator = IomapIterator(
        Inode(number: 1), position: 4096, byteCount: 100, .dax, ledgers.mine)
      _ = try iterator.next(filesystem)
    }
  }

  @Test("I-15: begin fails on the second mapping: the first stays done, end is not called again")
  func secondBeginFails() {
    let mapping = MappingPair(
      target: Mapping(type: .mapped, offset: 0, byteCount: 4096, address: 0))
    let filesystem = ScriptedFilesystem([.success(mapping), .failure(.ENOSPC)])
    var iterator = iterator(0, 8192)
    #expect(run(filesystem, &iterator, whole) == .ENOSPC)
    #expect(iterator.position == 4096)
    #expect(filesystem.begins.count == 2 && filesystem.ends.count == 1)
    #expect(ledgers.totals[.failedBegins] == 1 && ledgers.totals[.begins] == 1)
  }
}
