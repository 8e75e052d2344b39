import Foundation
import Testing

/// A disk that fills: exit 1, one sentence, earlier results untouched.
@Suite(.serialized, .enabled(if: Disk.isAvailable, "no tmpfs can be mounted here; needs root"))
struct FullDiskTests {
  @Test("a run that fills the disk says so, and still shows what it measured")
  func run() throws {
    let disk = try Disk(kibibytes: 24)
    let earlier = disk.path("earlier.csv")
    try "kept".write(toFile: earlier, atomically: false, encoding: .utf8)
    let finished = try Daxmark.run(
      ["run"] + SharedRun.fewCells
        + ["--rounds", "400", "--no-instructions", "--out", disk.path("run")])
    #expect(finished.code == 1)
    #expect(isOneSentence(finished.sentence), "\(finished.errors)")
    #expect(finished.sentence.contains("No space left"), "\(finished.errors)")
    #expect(finished.output.contains("copy"))
    #expect(try String(contentsOfFile: earlier, encoding: .utf8) == "kept")
    let left = try FileManager.default.contentsOfDirectory(atPath: disk.path("run"))
    #expect(left == ["samples.csv.partial"])
  }

  @Test("a baseline is replaced as a whole or not at all, wherever the disk fills")
  func baseline() throws {
    let disk = try Disk(kibibytes: 256)
    let scratch = try Scratch()
    let stored = try SharedRun.baseline(in: scratch)
    let target = disk.path("baseline")
    try FileManager.default.copyItem(atPath: stored, toPath: target)
    let other = try Daxmark.run(
      ["run"] + SharedRun.fewCells
        + ["--rounds", "3", "--no-instructions", "--out", scratch.path("run")])
    try #require(other.code == 0)
    func bytes() -> [Data?] {
      SharedRun.fileNames.map { FileManager.default.contents(atPath: "\(target)/\($0)") }
    }
    let before = bytes()
    var failures = 0
    for pages in 0..<12 {
      disk.fill(leaving: pages)
      let finished = try Daxmark.run(["baseline", scratch.path("run"), "--out", target])
      if finished.code == 0 { break }
      failures += 1
      #expect(finished.code == 1 && isOneSentence(finished.errors), "\(finished.errors)")
      #expect(bytes() == before, "\(pages) pages free")
      let names = try FileManager.default.contentsOfDirectory(atPath: target)
      #expect(Set(names) == Set(SharedRun.fileNames))
    }
    #expect(failures >= 3)
    #expect(bytes() != before)
  }

  @Test("an output that cannot be written is an error", arguments: ["list", "plan", "machine"])
  func output(verb: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: Daxmark.path)
    process.arguments = [verb]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(isOneSentence(said) && said.contains("No space left"), "\(said)")
  }
}

/// A small tmpfs, unmounted with the value.
final class Disk {
  private let scratch: Scratch

  /// Whether one can be mounted.
  static let isAvailable = (try? Disk(kibibytes: 8)) != nil

  init(kibibytes: Int) throws {
    scratch = try Scratch()
    let arguments = ["-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", scratch.root]
    guard try Disk.command("mount", arguments) == 0 else {
      throw CocoaError(.fileWriteNoPermission)
    }
  }

  deinit { _ = try? Disk.command("umount", [scratch.root]) }

  func path(_ name: String) -> String { scratch.path(name) }

  /// Fills the disk but for some pages of 4 KiB.
  func fill(leaving pages: Int) {
    let filler = path("filler")
    try? FileManager.default.removeItem(atPath: filler)
    let free = (try? FileManager.default.attributesOfFileSystem(forPath: scratch.root))?[
      .systemFreeSize]
    let count = max(((free as? Int) ?? 0) - pages * 4096, 0)
    _ = FileManager.default.createFile(atPath: filler, contents: Data(count: count))
  }

  private static func command(_ name: String, _ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
