import HotCore
import LiveFS
import Testing

@Suite("Frozen fault reference")
struct FaultReferenceTests {
  @Test("it takes one fault for each page, again after each rearming")
  func reconciles() throws {
    var reference = try FaultReference(byteCount: 3 << 20)
    #expect(reference.pages == 1024)
    for pages in [1024, 512, 1024] {
      try reference.rearm()
      let measured = reference.run(pages: pages)
      #expect(measured.isReconciled, "\(measured)")
      try reference.verify(pages: pages)
    }
    try reference.rearm()
    #expect(throws: FaultError.self) { try reference.verify(pages: 1) }
  }

  @Test("without rearming there is nothing to fault")
  func needsRearming() throws {
    var reference = try FaultReference(byteCount: 2 << 20)
    _ = reference.run(pages: reference.pages)
    #expect(!reference.run(pages: reference.pages).isReconciled)
  }
}

@Suite("Filesystem identification")
struct FilesystemTests {
  @Test("known mounts are named")
  func names() throws {
    let root = try Filesystem.identify("/")
    #expect(root.blockByteCount >= 512 && root.freeByteCount >= 0 && !root.type.isEmpty)
    #expect(try Filesystem.identify("/dev/shm").type == "tmpfs")
    // procfs is not one a benchmark runs on: its magic number stands for it.
    #expect(try Filesystem.identify("/proc").type == "0x9fa0")
  }

  @Test("a missing path is a sentence")
  func missing() {
    let error = #expect(throws: ArenaError.self) { try Filesystem.identify("/no/such/place") }
    #expect(error?.description.contains("/no/such/place: No such file") == true)
  }
}
