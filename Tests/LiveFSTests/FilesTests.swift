import Glibc
import Testing

@testable import LiveFS

/// A folder on this machine's temporary filesystem that goes with its owner.
struct TemporaryFolder: ~Copyable {
  let path: String

  init(in parent: String = "/tmp") throws {
    path = "\(parent)/daxmark-live-test-\(UInt64.random(in: 0...UInt64.max))"
    try #require(mkdir(path, 0o700) == 0)
  }

  deinit {
    for name in entries(path) { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}

/// The names in a folder but `.` and `..`; empty when there is none.
func entries(_ path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

func pattern(_ byteCount: Int, seed: Int = 1) -> [UInt8] {
  (0..<byteCount).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ seed) ^ ($0 >> 8)) }
}

extension LiveFile {
  func put(_ bytes: [UInt8], at offset: Int = 0) throws(LiveError) {
    // A throwing closure would lose the error's type.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 4096)
    defer { buffer.deallocate() }
    buffer.copyBytes(from: bytes)
    try writeAll(UnsafeRawBufferPointer(buffer), at: offset)
  }

  func take(_ byteCount: Int, at offset: Int = 0) throws(LiveError) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
    defer { buffer.deallocate() }
    let count = try readAll(into: buffer, at: offset)
    return Array(buffer[..<count])
  }
}

@Suite("Files of the live engine")
struct FilesTests {
  @Test("bytes come back, short at the end of the file, none behind it")
  func bytes() throws {
    let folder = try TemporaryFolder()
    let file = try LiveFile(folder.path + "/a", [.read, .write, .create])
    let bytes = pattern(10_000)
    try file.put(bytes, at: 5)
    #expect(try file.byteCount() == 10_005)
    #expect(try file.take(10_005) == [UInt8](repeating: 0, count: 5) + bytes)
    #expect(try file.take(100, at: 9_999) == Array(bytes.suffix(6)))
    #expect(try file.take(100, at: 10_005).isEmpty)
    try file.truncate(to: 7)
    #expect(try file.take(100) == [0, 0, 0, 0, 0] + bytes.prefix(2))
    try file.truncate(to: 9)
    #expect(try file.take(100).suffix(2) == [0, 0])
    try file.sync()
    try file.syncFilesystem()
  }

  @Test("modes: exclusive refuses a name, truncate empties, append ignores the offset")
  func modes() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a"
    do { try LiveFile(path, [.write, .exclusive]).put([1, 2, 3]) }
    #expect(throws: LiveError(call: "open", errno: EEXIST, path: path)) {
      _ = try LiveFile(path, [.write, .exclusive])
    }
    do { try LiveFile(path, [.write, .append]).put([4], at: 0) }
    #expect(try LiveFile(path, .read).take(9) == [1, 2, 3, 4])
    do { _ = try LiveFile(path, [.write, .truncate]) }
    #expect(try LiveFile(path, .read).byteCount() == 0)
    #expect(throws: LiveError(call: "pwrite", errno: EBADF, path: path)) {
      try LiveFile(path, .read).put([1])
    }
  }

  @Test("a file without a name leaves none")
  func unnamed() throws {
    let folder = try TemporaryFolder()
    let file = try LiveFile(folder.path, [.read, .write, .unnamed])
    try file.put(pattern(4096))
    #expect(entries(folder.path).isEmpty)
    let names = try LiveFile(folder.path, .folder)
    #expect(try names.lock())
    #expect(try !LiveFile(folder.path, .folder).lock())
  }

  @Test("an error is one sentence with the call, the path and the system's words")
  func sentence() {
    let error = LiveError(call: "FICLONE", errno: EOPNOTSUPP, path: "/x/y")
    #expect(error.description == "FICLONE of '/x/y' failed: Operation not supported.")
    #expect(throws: LiveError(call: "open", errno: ENOENT, path: "/nowhere/x")) {
      _ = try LiveFile("/nowhere/x", .read)
    }
  }

  @Test("bad arguments are errors, not traps")
  func badArguments() throws {
    let folder = try TemporaryFolder()
    let file = try LiveFile(folder.path + "/a", [.read, .write, .create])
    func refuses(_ call: String, _ code: Int32, _ body: () throws -> Void) {
      #expect(throws: LiveError(call: call, errno: code, path: file.path), performing: body)
    }
    refuses("pread", EINVAL) { _ = try file.take(1, at: -1) }
    refuses("pwrite", EINVAL) { try file.put([1], at: -1) }
    refuses("ftruncate", EINVAL) { try file.truncate(to: -1) }
    refuses("fallocate", EINVAL) {
      try file.allocate(.allocate, at: 0, byteCount: 0, keepsSize: false)
    }
    refuses("fallocate", EINVAL) {
      try file.allocate(.punch, at: -4096, byteCount: 4096, keepsSize: true)
    }
    refuses("copy_file_range", EINVAL) {
      _ = try file.copyRange(from: file, at: 0, byteCount: -1, to: 0)
    }
    refuses("mmap", EINVAL) { _ = try file.map(at: 1, byteCount: 1, isShared: true) }
    refuses("mmap", EINVAL) { _ = try file.map(at: 0, byteCount: 0, isShared: true) }
    refuses("mmap", EINVAL) { _ = try file.map(at: -4096, byteCount: 1, isShared: true) }
    refuses("mincore", EINVAL) { _ = try file.residentByteCount(at: 0, byteCount: -1) }
  }

  @Test("fallocate: blocks without bytes, holes, zeros")
  func allocation() throws {
    let folder = try TemporaryFolder()
    let file = try LiveFile(folder.path + "/a", [.read, .write, .create])
    try file.allocate(.allocate, at: 0, byteCount: 1 << 20, keepsSize: true)
    #expect(try file.byteCount() == 0)
    try file.put(pattern(1 << 20))
    try file.allocate(.punch, at: 4096, byteCount: 8192, keepsSize: false)
    var expected = pattern(1 << 20)
    for index in 4096..<12_288 { expected[index] = 0 }
    #expect(try file.take(1 << 20) == expected)
    #expect(try file.byteCount() == 1 << 20)
    let first = try #require(try file.extents().first)
    #expect(first.logical == 0 && first.byteCount == 4096 && !first.isShared)
    #expect(try file.extents().contains { $0.logical == 12_288 })
    #expect(try file.extents().last?.flags.contains(.last) == true)
  }

  @Test("copy_file_range copies, and says 0 at the end")
  func copyRange() throws {
    let folder = try TemporaryFolder()
    let source = try LiveFile(folder.path + "/a", [.read, .write, .create])
    let target = try LiveFile(folder.path + "/b", [.read, .write, .create])
    try source.put(pattern(5000))
    #expect(try target.copyRange(from: source, at: 10, byteCount: 9000, to: 3) == 4990)
    #expect(try target.take(9000, at: 3) == Array(pattern(5000)[10...]))
    #expect(try target.copyRange(from: source, at: 5000, byteCount: 9, to: 0) == 0)
  }

  @Test("more extents than one request holds all come, in order")
  func manyExtents() throws {
    let folder = try TemporaryFolder()
    let file = try LiveFile(folder.path + "/a", [.read, .write, .create])
    for index in 0..<600 { try file.put([1], at: index * 8192) }
    let extents = try file.extents()
    #expect(extents.map(\.logical) == (0..<600).map { $0 * 8192 })
  }

  @Test("a mapping lies where huge pages could, shares what it should, and counts as resident")
  func mapping() throws {
    let folder = try TemporaryFolder()
    let file = try LiveFile(folder.path + "/a", [.read, .write, .create])
    try file.put(pattern(3 << 20))
    do {
      let shared = try file.map(at: 1 << 20, byteCount: 1 << 20, isShared: true)
      #expect(Int(bitPattern: shared.bytes.baseAddress) % (2 << 20) == 1 << 20)
      shared.bytes[5] = 77
      try shared.sync()
      let own = try LiveFile(file.path, .read)
        .map(at: 0, byteCount: 4096, isShared: false)
      own.bytes[0] = 99
      #expect(try file.take(1) == [pattern(1)[0]])
    }
    #expect(try file.take(1, at: 1 << 20 | 5) == [77])
    #expect(try file.residentByteCount(at: 0, byteCount: 3 << 20) == 3 << 20)
    try file.sync()
    try file.dropCache()
    #expect(try file.residentByteCount(at: 0, byteCount: 3 << 20) < 3 << 20)
    #expect(throws: LiveError.self) {
      // A mapping that needs DAX; this machine's temporary folder has none, or it works.
      _ = try file.map(at: 0, byteCount: 4096, isShared: true, isSynchronous: true)
    }
  }
}
