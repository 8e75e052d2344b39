import Testing

@testable import FSDAX

@Suite("Ends of synchronous faults that answer no fault")
struct SyncFaultTests {
  @Test("A frame that no fault of the order can have named is SIGBUS, and nothing is mapped")
  func frames() throws {
    let bed = try FaultBed(groupCount: 2)
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: FaultBed.huge)
    let area = try bed.area(file, pages: 512, isSynchronous: true)
    func end(_ frame: Int, _ order: Int) -> FaultOutcome.Flags {
      let outcome = FaultOutcome(.needsSync, frame: frame)
      return bed.volume.finishSynchronousFault(area, page: 0, outcome, order: order).flags
    }
    for hasEntry in [false, true] {
      if hasEntry { #expect(bed.fault(area, write: true, order: 9).flags == .needsSync) }
      // Over the border of two groups, at the end of the device, and of no order there is.
      for frame in [1, 511, 1800, 4095, .max] { #expect(end(frame, 9) == .sigbus) }
      for order in [-1, 1, 8, 10] { #expect(end(512, order) == .sigbus) }
      // Frames that could be, but are not the file's.
      let last = bed.volume.device.pageCount - 512
      for frame in [-512, last, last + 512, 1 << 40] { #expect(end(frame, 9) == .noPage) }
      for frame in [-1, 0, last + 511, last + 512, .max] { #expect(end(frame, 0) == .noPage) }
      #expect(area.table.slot(0).isNone)
    }
  }

  @Test("A huge end on a mapping where the span has no place is SIGBUS")
  func places() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: 2 * FaultBed.huge)
    let bytes = (0..<2 * FaultBed.huge).map { UInt8($0 >> 12 & 127) + 1 }
    try bed.volume.write(file, at: 0, bytes.span.bytes)
    let area = try bed.area(file, pages: 512, isSynchronous: true)
    let outcome = bed.fault(area, write: true, order: 9)
    let frame = try #require(outcome.frame)
    #expect(outcome.flags == .needsSync && frame & 511 == 0)
    let shifted = try bed.area(file, pages: 1024, address: 1 << 32 | 4096, isSynchronous: true)
    let short = try bed.area(file, pages: 511, isSynchronous: true)
    let late = try bed.area(
      file, pages: 511, at: 4096, address: 1 << 32 | 4096, isSynchronous: true)
    for other in [shifted, short, late] {
      for page in [0, 1, 510] {
        let ended = bed.volume.finishSynchronousFault(other, page: page, outcome, order: 9)
        #expect(ended.flags == .sigbus)
        #expect(other.table.slot(page).isNone)
      }
    }
    #expect(try bed.load(shifted, at: 511 << 12) == [128])
    // In its place, on whatever page of it.
    #expect(
      bed.volume.finishSynchronousFault(area, page: 511, outcome, order: 9).flags == .noPage)
    #expect(area.table.slot(0) == AreaSlot(frame: frame, isWritable: true))
    #expect(area.table.slot(511) == AreaSlot(frame: frame + 511, isWritable: true))
  }
}
