import Foundation
import LiveFS
import Testing

@Suite("The frozen fault reference")
struct FrozenReferenceTests {
  @Test("its text has the hash that stored baselines refer to")
  func hash() throws {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try Data(contentsOf: root.appending(path: "Sources/CHost/reference_touch.c"))
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    #expect(hash == frozenFaultReferenceHash, "a changed reference is a new reference, not an edit")
  }
}
