import HotCore
import Testing

@testable import FSDAX

/// A buffer of trapped memory: the first touch of a page runs what is to happen just then.
///
/// A read touches its buffer when it has looked up the file's blocks and before it copies from
/// them, so what runs there comes between the two, on the reading thread.
private final class TrappedBuffer {
  private let memory: Arena
  private var range: TrapRange?
  private var steps: [Int: () throws -> Void] = [:]
  private(set) var failures: [String] = []

  init(pageCount: Int) throws {
    memory = try Arena(.memfd(.base), byteCount: pageCount << 12)
    guard let descriptor = memory.descriptor else { throw Errno.EBADF }
    range = try TrapRange(
      byteCount: pageCount << 12, mechanism: .signal, descriptor: descriptor,
      context: Unmanaged.passUnretained(self).toOpaque()
    ) { context, page, _ in
      Unmanaged<TrappedBuffer>.fromOpaque(context).takeUnretainedValue().answer(page).rawValue
    }
  }

  /// Where a read puts its bytes; past the check for such memory, which `lockedRead` is without.
  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: range?.base, count: memory.byteCount)
  }

  func onTouch(ofPage page: Int, _ body: @escaping () throws -> Void) { steps[page] = body }

  private func answer(_ page: Int) -> TrapAnswer {
    do {
      try range?.map(page: page, fileOffset: page << 12, isWritable: true)
      try steps.removeValue(forKey: page)?()
    } catch {
      failures.append("page \(page): \(error)")
    }
    return .resolved
  }
}

@Suite("Reads beside faults that replace blocks")
struct ReadBesideFaultTests {
  @Test("Another file's store into a block that a fault gave up is not read")
  func shared() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    // Two extents of four blocks.
    try bed.write(file, 1, at: 4 << 12, byteCount: 4 << 12)
    try bed.write(file, 1, byteCount: 4 << 12)
    let peer = try bed.sharer(of: file)
    let area = try bed.area(file, pages: 8)
    let buffer = try TrappedBuffer(pageCount: 8)
    for page in [3, 6] {
      buffer.onTouch(ofPage: page) {
        let block = try bed.block(file, UInt64(page))
        try bed.store(area, 2, at: page << 12)
        try bed.write(peer, 9, at: page << 12)
        // The store took a new block, and so the write found the old one to be its own.
        #expect(try bed.block(file, UInt64(page)) != block)
        #expect(try bed.block(peer, UInt64(page)) == block)
      }
    }
    let before = bed.volume.ledger
    #expect(try bed.volume.lockedRead(file, 0, buffer.bytes) == 8 << 12)
    #expect(buffer.failures == [])
    var expected = [UInt8](repeating: 1, count: 8 << 12)
    for page in [3, 6] { expected[page << 12] = 2 }
    let isExpected = buffer.bytes[..<(8 << 12)].elementsEqual(expected)
    #expect(isExpected)
    // The first extent was copied in vain, the second page by page and only one of them in vain.
    let counts = bed.volume.ledger - before
    #expect(counts[.bytesRead] == (4 + 8 + 1) << 12)
    #expect(counts[.begins] == counts[.ends])
  }

  @Test("Nor is what the next owner stores into a block that a fault freed")
  func freed() throws {
    let bench = try BtrfsBench(blockCount: 64)
    let file = try bench.file(.plain)
    let other = try bench.file(.plain)
    try bench.fill(file, 0..<4, 1)
    try bench.leave(1)
    let area = try bench.volume.makeArea(file, at: 0, pageCount: 4)
    let buffer = try TrappedBuffer(pageCount: 4)
    buffer.onTouch(ofPage: 2) {
      let block = try bench.device(file, 1)
      try bench.volume.store(area, at: 1 << 12, [UInt8(2)].span.bytes)
      try bench.fill(other, 0..<1, 9)
      #expect(try bench.device(other, 0) == block)
    }
    #expect(try bench.volume.lockedRead(file, 0, buffer.bytes) == 4 << 12)
    #expect(buffer.failures == [])
    var expected = [UInt8](repeating: 1, count: 4 << 12)
    expected[1 << 12] = 2
    let isExpected = buffer.bytes[..<(4 << 12)].elementsEqual(expected)
    #expect(isExpected)
  }

  @Test("A fault that fills a hole, or makes a private page writable, makes no read look again")
  func untouched() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 2 << 12)
    try bed.volume.truncate(file, to: 4 << 12)
    let area = try bed.area(file, pages: 4)
    let buffer = try TrappedBuffer(pageCount: 4)
    buffer.onTouch(ofPage: 0) { for page in 0..<3 { try bed.store(area, 2, at: page << 12) } }
    let before = bed.volume.ledger
    #expect(try bed.volume.lockedRead(file, 0, buffer.bytes) == 4 << 12)
    #expect(buffer.failures == [])
    #expect((bed.volume.ledger - before)[.bytesRead] == 3 << 12)
    #expect(buffer.bytes[0] == 2 && buffer.bytes[1] == 1)
  }
}
