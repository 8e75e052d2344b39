import Synchronization
import Testing

@testable import FSDAX

@Suite("Btrfs rules without a volume's bytes")
struct BtrfsRuleTests {
  @Test("B-2: a direct write of a file with checksums is buffered, on the volume too")
  func checksumsAreBuffered() throws {
    var request = BtrfsDirectRequest(position: 0, byteCount: 4096)
    #expect(request.path == .direct)
    request.hasChecksums = true
    #expect(request.path == .buffered(.checksums))
    request.isWrite = false
    #expect(request.path == .direct, "reads of it are direct")
    let bench = try BtrfsBench()
    let file = try bench.file(.summed)
    let path = try bench.volume.writePath(of: file, at: 0, byteCount: 4096)
    #expect(path == .buffered(.checksums))
    let nodatacow = try bench.file(.nodatacow)
    #expect(try bench.volume.writePath(of: nodatacow, at: 0, byteCount: 4096) == .direct)
  }

  @Test("B-3: anything unaligned is buffered")
  func unaligned() {
    #expect(BtrfsDirectRequest(position: 512, byteCount: 4096).path == .buffered(.unaligned))
    #expect(BtrfsDirectRequest(position: 0, byteCount: 512).path == .buffered(.unaligned))
    var request = BtrfsDirectRequest(position: 4096, byteCount: 4096)
    request.segmentByteCounts = [4096, 8192]
    request.segmentAddresses = [0x1000, 0x20000]
    #expect(request.path == .direct)
    request.segmentAddresses[1] += 512
    #expect(request.path == .buffered(.unaligned))
    request.segmentAddresses[1] -= 512
    request.segmentByteCounts[1] = 100
    #expect(request.path == .buffered(.unaligned))
    var redundant = BtrfsDirectRequest(position: 0, byteCount: 4096)
    redundant.isRedundant = true
    #expect(redundant.path == .buffered(.redundantProfile))
  }

  @Test("B-7: a dedupe of 40 MiB is done in 16, 16 and 8")
  func chunks() throws {
    let volume = try BtrfsBench().volume
    let mebibyte = 1 << 20
    #expect(
      volume.dedupeChunks(byteCount: 40 * mebibyte).map { $0 }
        == [0..<16 * mebibyte, 16 * mebibyte..<32 * mebibyte, 32 * mebibyte..<40 * mebibyte])
    #expect(volume.dedupeChunks(byteCount: 0).map(\.count) == [])
    #expect(volume.dedupeChunks(byteCount: 16 * mebibyte).map(\.count) == [16 * mebibyte])
    #expect(
      volume.dedupeChunks(byteCount: 16 * mebibyte + 1).map(\.count) == [16 * mebibyte, 1])
    let last = volume.dedupeChunks(byteCount: .max).prefix(3).map(\.upperBound).last
    #expect(last == 48 * mebibyte)
    let other = try Volume(VolumeOptions(byteCount: 1 << 20))
    #expect(other.dedupeChunks(byteCount: 40 * mebibyte).map(\.count) == [40 * mebibyte])
  }

  @Test("B-8: a remap between files with and without checksums is EINVAL")
  func mixedChecksums() throws {
    let bench = try BtrfsBench()
    let plain = try bench.inode(bench.file(.plain))
    let nodatacow = try bench.inode(bench.file(.nodatacow))
    let summed = try bench.inode(bench.file(.summed))
    let volume = bench.volume
    func check(_ source: Inode, _ target: Inode, _ isDedupe: Bool = false) -> Errno? {
      failure { try volume.checkRemap(source: source, target: target, isDedupe: isDedupe) }
    }
    #expect(check(plain, summed) == .EINVAL)
    #expect(check(summed, nodatacow, true) == .EINVAL)
    #expect(check(plain, nodatacow) == nil)
    volume.beginSend()
    #expect(volume.isRootBeingSent)
    #expect(check(plain, plain, true) == .EAGAIN)
    #expect(check(plain, plain) == nil)
    volume.isRootReadOnly = true
    #expect(check(plain, summed, true) == .EROFS)
    volume.isRootReadOnly = false
    volume.endSend()
    volume.endSend()
    #expect(!volume.isRootBeingSent)
    #expect(check(plain, plain, true) == nil)
  }

  @Test("B-9: a direct append that was submitted in part sets the size back")
  func directEnd() {
    let none = BtrfsDirectEnd(size: 4096, position: 4096, byteCount: 8192, submittedByteCount: 0)
    #expect(none.size == 4096 && none.errno == .ENOTBLK && none.buffered == 4096..<12_288)
    let half = BtrfsDirectEnd(
      size: 4096, position: 4096, byteCount: 8192, submittedByteCount: 4096)
    #expect(half.size == 8192 && half.errno == .ENOTBLK && half.buffered == 8192..<12_288)
    let all = BtrfsDirectEnd(
      size: 4096, position: 4096, byteCount: 8192, submittedByteCount: 8192)
    #expect(all.size == 12_288 && all.errno == nil && all.buffered == nil)
    let inside = BtrfsDirectEnd(
      size: 100_000, position: 4096, byteCount: 8192, submittedByteCount: 4096)
    #expect(inside.size == 100_000)
    #expect(BtrfsDirectEnd.retriesAfterFault(submittedByteCount: 1))
    #expect(!BtrfsDirectEnd.retriesAfterFault(submittedByteCount: 0))
  }

  @Test("Nothing is aligned to a sector without bytes", arguments: [0, -1, -4096, Int.min])
  func noSector(byteCount: Int) {
    var request = BtrfsDirectRequest(position: 0, byteCount: 0)
    request.segmentAddresses = [0]
    request.sectorByteCount = byteCount
    #expect(request.path == .buffered(.unaligned))
  }

  @Test("Sectors of any size do not trap")
  func sectors() {
    var request = BtrfsDirectRequest(position: .min, byteCount: .min)
    request.segmentAddresses = [0, 1 << 63]
    for shift in 0..<63 {
      request.sectorByteCount = 1 << shift
      #expect(request.path == .direct)
    }
    request.segmentAddresses = [.max]
    request.sectorByteCount = .max
    #expect(request.path == .buffered(.unaligned))
  }

  @Test("Ends behind the largest number, and counts below none, do not trap")
  func farEnd() {
    let half = BtrfsDirectEnd(
      size: 10, position: .max - 10, byteCount: .max, submittedByteCount: 4)
    #expect(half.size == .max - 6 && half.errno == .ENOTBLK)
    #expect(half.buffered == Int.max - 6..<Int.max)
    let all = BtrfsDirectEnd(
      size: 10, position: .max - 10, byteCount: .max, submittedByteCount: .max)
    #expect(all.size == .max && all.errno == nil && all.buffered == nil)
    let most = BtrfsDirectEnd(
      size: 10, position: .max - 10, byteCount: .max, submittedByteCount: 11)
    #expect(most.size == .max && most.errno == nil && most.buffered == nil)
    for count in [-1, Int.min] {
      for position in [0, 4096, Int.min] {
        let none = BtrfsDirectEnd(
          size: 10_000, position: position, byteCount: count, submittedByteCount: 5)
        #expect(none.size == 10_000 && none.errno == nil && none.buffered == nil)
      }
    }
  }

  @Test("CRC-32C: the published values, and a bitwise oracle at every length and offset")
  func checksumValues() {
    let code = CRC32C()
    func value(_ bytes: some Collection<UInt8>) -> UInt32 {
      Array(bytes).withUnsafeBytes { buffer in
        guard let start = buffer.baseAddress else { return unsafe code.checksum(&unused, 0) }
        return unsafe code.checksum(start, buffer.count)
      }
    }
    var unused = UInt8(0)
    #expect(value("123456789".utf8) == 0xe306_9283)
    #expect(value([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(value([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(value((0..<32).map { UInt8($0) }) == 0x46dd_794e)
    var numbers = SeededNumbers(1)
    let bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    for start in 0..<9 {
      for end in start..<bytes.count {
        #expect(value(bytes[start..<end]) == bitwise(bytes[start..<end]))
      }
    }
  }

  private func bitwise(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var value = ~UInt32(0)
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
    }
    return ~value
  }
}
