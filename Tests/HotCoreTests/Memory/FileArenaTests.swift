import Glibc
import HotCore
import Testing

@Suite("Arenas on files")
struct FileArenaTests {
  static let kinds: [@Sendable (String) -> ArenaBacking] = [
    { .file(path: $0) }, { .pmem(path: $0) },
  ]

  @Test("a file holds what was written", arguments: [0, 1], [1, 4096, 4097, (2 << 20) + 1])
  func keepsBytes(kind: Int, byteCount: Int) throws {
    let folder = ScratchFolder()
    let path = "\(folder.path)/data"
    do {
      var arena = try Arena(Self.kinds[kind](path), byteCount: byteCount)
      #expect(Int(bitPattern: arena.base) % (2 << 20) == 0)
      #expect(arena.byteCount == byteCount && arena.mappedByteCount >= byteCount)
      #expect(arena.pages.presentByteCount >= byteCount && arena.pages.evidence != .none)
      arena.withMutableBytes {
        $0.storeBytes(of: 0x5A, toByteOffset: byteCount - 1, as: UInt8.self)
      }
    }
    let again = try Arena(Self.kinds[kind](path), byteCount: byteCount)
    #expect(
      again.withBytes { $0.unsafeLoad(fromByteOffset: byteCount - 1, as: UInt8.self) } == 0x5A)
  }

  @Test("a missing folder is a sentence, and nothing is made", arguments: [0, 1])
  func missingFolder(_ kind: Int) {
    let error = #expect(throws: ArenaError.self) {
      _ = try Arena(Self.kinds[kind]("/no/such/folder/data"), byteCount: 4096)
    }
    #expect(error?.code == ENOENT)
    #expect(error?.description.contains("/no/such/folder/data: No such file") == true)
  }

  @Test("a folder is not a file", arguments: [0, 1])
  func isFolder(_ kind: Int) {
    let error = #expect(throws: ArenaError.self) {
      _ = try Arena(Self.kinds[kind]("/tmp"), byteCount: 4096)
    }
    #expect(error?.code == EISDIR || error?.code == EEXIST || error?.code == EINVAL)
  }

  @Test(
    "a full filesystem is a sentence, and no file stays",
    .enabled(if: geteuid() == 0, "only root mounts"),
    arguments: [0, 1])
  func fullFilesystem(_ kind: Int) {
    let folder = ScratchFolder()
    guard let tiny = TinyFilesystem(on: folder.path, readOnly: false) else { return }
    let path = "\(tiny.path)/data"
    let error = #expect(throws: ArenaError.self) {
      _ = try Arena(Self.kinds[kind](path), byteCount: 64 << 20)
    }
    #expect(error?.code == ENOSPC)
    #expect(error?.description.contains("No space left") == true)
    #expect(access(path, F_OK) != 0)
  }

  @Test(
    "a read-only filesystem is a sentence", .enabled(if: geteuid() == 0, "only root mounts"),
    arguments: [0, 1])
  func readOnlyFilesystem(_ kind: Int) {
    let folder = ScratchFolder()
    guard let tiny = TinyFilesystem(on: folder.path, readOnly: true) else { return }
    let error = #expect(throws: ArenaError.self) {
      _ = try Arena(Self.kinds[kind]("\(tiny.path)/data"), byteCount: 4096)
    }
    #expect(error?.code == EROFS)
    #expect(error?.description.contains("Read-only file system") == true)
  }

  @Test(
    "a file that was there stays as it is when it cannot grow",
    .enabled(if: geteuid() == 0, "only root mounts"))
  func keepsExisting() throws {
    let folder = ScratchFolder()
    guard let tiny = TinyFilesystem(on: folder.path, readOnly: false) else { return }
    let path = "\(tiny.path)/data"
    do {
      var arena = try Arena(.file(path: path), byteCount: 4096)
      arena.withMutableBytes { $0.storeBytes(of: 9, toByteOffset: 100, as: UInt8.self) }
    }
    #expect(throws: ArenaError.self) { _ = try Arena(.file(path: path), byteCount: 64 << 20) }
    let again = try Arena(.file(path: path), byteCount: 4096)
    #expect(again.withBytes { $0.unsafeLoad(fromByteOffset: 100, as: UInt8.self) } == 9)
  }
}
