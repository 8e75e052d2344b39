import HotCore
import Testing

@Suite("Edge geometry")
struct GeometryTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let id: String
    let position, length: Int
    var alignment = 4096
    let head, size: Int
    var tail: (offset: Int, count: Int)?
    var copiesAll = false
    var testDescription: String { id }
  }

  static let vectors = [
    Vector(id: "C-1", position: 0, length: 4096, head: 0, size: 4096, copiesAll: true),
    Vector(id: "C-2", position: 100, length: 50, head: 100, size: 4096, tail: (150, 3946)),
    Vector(id: "C-3", position: 100, length: 8000, head: 100, size: 8192, tail: (8100, 92)),
    Vector(id: "C-4", position: 4196, length: 3996, head: 100, size: 4096),
    Vector(id: "C-5", position: 8192, length: 1, head: 0, size: 4096, tail: (1, 4095)),
    Vector(id: "C-6", position: 4095, length: 2, head: 4095, size: 8192, tail: (4097, 4095)),
    Vector(id: "C-7", position: 1, length: 4095, head: 1, size: 4096),
    Vector(id: "C-8", position: 12288, length: 12288, head: 0, size: 12288, copiesAll: true),
    Vector(
      id: "C-9", position: 12345, length: 1_000_000, head: 57, size: 1_003_520,
      tail: (1_000_057, 3463)),
    Vector(
      id: "C-10", position: 2_097_152, length: 2_097_152, alignment: 2_097_152, head: 0,
      size: 2_097_152, copiesAll: true),
    Vector(
      id: "C-11", position: 2_101_248, length: 4096, alignment: 2_097_152, head: 4096,
      size: 2_097_152, tail: (8192, 2_088_960)),
  ]

  @Test("vector", arguments: vectors)
  func vector(_ vector: Vector) {
    let geometry = EdgeGeometry(
      position: vector.position, length: vector.length, alignment: vector.alignment)
    #expect(geometry.head == vector.head)
    #expect(geometry.size == vector.size)
    #expect(geometry.tail == vector.tail?.count ?? 0)
    if let tail = vector.tail { #expect(geometry.tailOffset == tail.offset) }
    #expect(geometry.copiesAll == vector.copiesAll)
    #expect(geometry.edgeByteCount == vector.size - vector.length)
  }

  @Test("every write on small blocks, against the set of touched bytes", arguments: [1, 2, 8, 16])
  func exhaustive(alignment: Int) {
    for position in 0..<3 * alignment {
      for length in 1...3 * alignment {
        let geometry = EdgeGeometry(position: position, length: length, alignment: alignment)
        let written = Set(position..<position + length)
        let touched = Set(
          written.flatMap { byte in
            (0..<alignment).map { byte / alignment * alignment + $0 }
          })
        let first = touched.min() ?? -1
        let edges = touched.subtracting(written).map { $0 - first }
        let filled = Array(0..<geometry.head) + Array(geometry.tailOffset..<geometry.size)
        #expect(geometry.size == touched.count)
        #expect(edges.sorted() == filled)
        #expect(geometry.copiesAll == edges.isEmpty)
        #expect(geometry.head + geometry.length + geometry.tail == geometry.size)
      }
    }
  }

  @Test("what has no geometry traps")
  func traps() async {
    await #expect(processExitsWith: .failure) {
      _ = EdgeGeometry(position: -1, length: 1, alignment: 4096)
    }
    await #expect(processExitsWith: .failure) {
      _ = EdgeGeometry(position: 0, length: 0, alignment: 4096)
    }
    await #expect(processExitsWith: .failure) {
      _ = EdgeGeometry(position: 0, length: 1, alignment: 4095)
    }
    await #expect(processExitsWith: .failure) {
      _ = EdgeGeometry(position: .max - 10, length: 5, alignment: 4096)
    }
  }
}
