import Testing

@testable import FSDAX

@Suite("failure notices")
struct NoticeTests {
  private let mib: UInt64 = 1 << 20

  @Test("N-1: a frame as a byte of the device")
  func frame() throws {
    let base: UInt64 = 4 << 30
    let frame = (base + 2 * mib + 8192) / 4096
    #expect(
      try FailureNotice.deviceByte(frame: frame, base: base, dataOffset: 2 * mib) == 8192)
    #expect(
      errno { try FailureNotice.deviceByte(frame: 0, base: base, dataOffset: 2 * mib) } == .ENXIO)
    #expect(
      errno { try FailureNotice.deviceByte(frame: .max, base: base, dataOffset: 0) } == .ENXIO)
    #expect(
      errno { try FailureNotice.deviceByte(frame: 1, base: .max, dataOffset: 2) } == .ENXIO)
  }

  @Test("N-8, H12: the end of a range in a partition")
  func clamp() throws {
    let partition = mib..<9 * mib
    let notice = FailureNotice(first: 8 * mib + mib / 2, byteCount: mib)
    let start = 7 * mib + mib / 2
    #expect(try notice.range(in: partition, .upstream) == start..<start + mib)
    #expect(try notice.range(in: partition, .strict) == start..<8 * mib)
    let only = Profile(hazards: .failureRangeClamp)
    #expect(try notice.range(in: partition, only) == start..<start + mib)
    // Where the whole range lies inside, and from before the start, both agree.
    for profile in bothProfiles {
      let inside = FailureNotice(first: 2 * mib, byteCount: 4096)
      #expect(try inside.range(in: partition, profile) == mib..<mib + 4096)
      let across = FailureNotice(first: 0, byteCount: mib + 100)
      #expect(try across.range(in: partition, profile) == 0..<100)
      #expect(try FailureNotice.removal.range(in: partition, profile) == 0..<8 * mib)
    }
  }

  @Test("N-9: a range outside the partition", arguments: bothProfiles)
  func outside(_ profile: Profile) {
    let partition = mib..<9 * mib
    for (first, count) in [(0, mib), (0, 4096), (9 * mib, 4096), (.max, 10), (2 * mib, 0)]
      as [(UInt64, UInt64)]
    {
      let notice = FailureNotice(first: first, byteCount: count)
      #expect(errno { try notice.range(in: partition, profile) } == .ENXIO, "\(first) \(count)")
    }
  }

  @Test("N-10: a second filesystem gets no device that is held, nor one cut inside a page")
  func holder() throws {
    let holder = Holder()
    let first = holder.install(1, partition: 0..<8192)
    let second = holder.install(2, partition: 0..<8192)
    #expect(first && !second)
    holder.remove(2)
    let staysHeld = holder.isHeld
    #expect(staysHeld)
    holder.remove(1)
    let odd = holder.install(2, partition: 512..<8192)
    let third = holder.install(2, partition: 4096..<8192)
    let nobody = holder.install(0, partition: 4096..<8192)
    #expect(!odd && third && !nobody)
    let isHeld = try Rig().volume.device.holder.isHeld
    #expect(isHeld, "a volume holds its device")
  }

  @Test("N-11: device-mapper forwards nothing upstream; by the design each target does")
  func layered() throws {
    let mapped = MappedDevice(targets: [
      MappedTarget(first: 0, byteCount: 8192, device: 0, lower: 4096),
      MappedTarget(first: 8192, byteCount: 6000, device: 1, lower: 0),
      MappedTarget(first: 16_384, byteCount: 8192, device: 0, lower: 8192),
    ])
    // Device 0's [8192, 12288) is at 4096 of the first target and at 0 of the third.
    let notice = FailureNotice(first: 8192, byteCount: 4096, .actionRequired)
    #expect(
      mapped.forward(notice, from: 0) == [
        FailureNotice(first: 4096, byteCount: 4096, .actionRequired),
        FailureNotice(first: 16_384, byteCount: 4096, .actionRequired),
      ])
    #expect(mapped.forward(notice, from: 1).isEmpty && mapped.forward(notice, from: 9).isEmpty)
    #expect(mapped.forward(.removal, from: 1).map(\.byteCount) == [6000])
    #expect(mapped.isDAX && !MappedDevice(targets: []).isDAX)

    let access = try mapped.access(4096, pageCount: 9)
    #expect(access == (0, 8192, 1))
    #expect(errno { try mapped.access(12_288, pageCount: 1) } == .EIO, "less than a page is left")
    #expect(errno { try mapped.access(15_000, pageCount: 1) } == .EIO, "no target")
    #expect(errno { try mapped.access(0, pageCount: -1) } == .EINVAL)
  }
}
