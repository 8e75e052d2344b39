import Foundation
import LiveFS
import Testing

@Suite("The frozen references of the running kernel")
struct FrozenReferenceTests {
  @Test(
    "their texts have the hashes that stored baselines refer to",
    arguments: [
      ("reference_touch.c", frozenFaultReferenceHash),
      ("reference_read.c", frozenReadReferenceHash),
    ])
  func hash(name: String, expected: UInt64) throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try Data(contentsOf: root.appending(path: "Sources/CHost/\(name)"))
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    #expect(hash == expected, "a changed reference is a new reference, not an edit")
  }

  @Test("the reads read, page after page, what the file holds")
  func reads() throws {
    let reference = try ReadReference()
    try reference.verify()
    for calls in [0, 1, 15, 16, 17, 1000] {
      #expect(reference.run(calls: calls) == calls * ReadReference.byteCountPerCall)
    }
  }
}
