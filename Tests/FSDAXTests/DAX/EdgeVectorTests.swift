import HotCore
import Testing

@testable import FSDAX

@Suite("edges of copy-on-write")
struct EdgeVectorTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let id: String
    let position, length, head, size: Int
    var alignment = 4096
    var tail = 0
    var copiesAll: Bool { head == 0 && tail == 0 }
    var testDescription: String { id }
  }

  static let vectors = [
    Vector(id: "C-1", position: 0, length: 4096, head: 0, size: 4096),
    Vector(id: "C-2", position: 100, length: 50, head: 100, size: 4096, tail: 3946),
    Vector(id: "C-3", position: 100, length: 8000, head: 100, size: 8192, tail: 92),
    Vector(id: "C-4", position: 4196, length: 3996, head: 100, size: 4096),
    Vector(id: "C-5", position: 8192, length: 1, head: 0, size: 4096, tail: 4095),
    Vector(id: "C-6", position: 4095, length: 2, head: 4095, size: 8192, tail: 4095),
    Vector(id: "C-7", position: 1, length: 4095, head: 1, size: 4096),
    Vector(id: "C-8", position: 12288, length: 12288, head: 0, size: 12288),
    Vector(
      id: "C-9", position: 12345, length: 1_000_000, head: 57, size: 1_003_520, tail: 3463),
  ]

  static let hugeVectors = [
    Vector(
      id: "C-10", position: 2_097_152, length: 2_097_152, head: 0, size: 2_097_152,
      alignment: 2_097_152),
    Vector(
      id: "C-11", position: 2_101_248, length: 4096, head: 4096, size: 2_097_152,
      alignment: 2_097_152, tail: 2_088_960),
  ]

  @Test("C-1 to C-11: the arithmetic", arguments: vectors + hugeVectors)
  func arithmetic(_ vector: Vector) {
    let geometry = EdgeGeometry(
      position: vector.position, length: vector.length, alignment: vector.alignment)
    #expect(geometry.head == vector.head && geometry.size == vector.size)
    #expect(geometry.tail == vector.tail && geometry.copiesAll == vector.copiesAll)
    #expect(geometry.head + geometry.length + geometry.tail == geometry.size)
  }

  @Test("C-1 to C-9: what a write moves", arguments: vectors, [Profile.strict, .upstream])
  func moves(_ vector: Vector, _ profile: Profile) throws {
    let rig = try Rig(profile, byteCount: 8 << 20)
    let old = pattern(1_024_000)
    let (written, peer) = try rig.sharedPair(old)
    let new = pattern(vector.length, 7)
    let ledger = try rig.counting { () throws in
      #expect(try rig.write(written, vector.position, new) == vector.length)
    }
    var expected = old
    expected.replaceSubrange(vector.position..<vector.position + vector.length, with: new)
    #expect(try rig.contents(written) == expected)
    #expect(try rig.contents(peer) == old)
    let copiesWhole = vector.copiesAll && profile == .upstream
    #expect(
      ledger[.edgeBytesCopied] == (copiesWhole ? vector.size : vector.head + vector.tail))
    #expect(ledger[.edgeBytesZeroed] == 0)
    #expect(ledger[.bytesWritten] == vector.length)
    #expect(ledger[.begins] == ledger[.ends])
    rig.expectInvariants()
  }

  @Test("C-18: a block that is its own source stops the program")
  func ownSource() async {
    await #expect(processExitsWith: .failure) {
      let rig = try Rig()
      let bytes = pattern(4096)
      try bytes.withUnsafeBytes { bytes in
        let start = try #require(bytes.baseAddress)
        try rig.volume.copyAround(
          8192, .data(8192), data: start,
          asked: EdgeGeometry(position: 1, length: 10, alignment: 4096), readable: 10,
          rig.volume.ledgers.mine)
      }
    }
    await #expect(processExitsWith: .failure) {
      let rig = try Rig()
      try rig.volume.fillEdges(
        8192, .data(8192), EdgeGeometry(position: 1, length: 10, alignment: 4096),
        rig.volume.ledgers.mine)
    }
  }
}
