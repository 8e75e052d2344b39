import Foundation
import Testing

@testable import Record

@Suite("Golden files of every schema version", .serialized)
struct GoldenTests {
  /// Beside the sources, so that `UPDATE_GOLDEN=1` rewrites what is checked in.
  static func folder(_ version: Int) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/schema-\(version)")
  }

  @Test("the golden run is written as it always was", arguments: RecordFile.ofRun)
  func written(_ file: RecordFile) throws {
    let folder = Self.folder(schemaVersion)
    let path = folder.appending(path: file.rawValue)
    let bytes = Data(goldenRun().encoded(file))
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try bytes.write(to: path)
    }
    let golden = try Data(contentsOf: path)
    #expect(bytes == golden, "\(difference(golden, bytes)) (UPDATE_GOLDEN=1 rewrites)")
  }

  @Test("the plots read the schema that runs are written in")
  func plots() throws {
    var root = URL(filePath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let script = try String(
      contentsOf: root.appending(path: "scripts/plot/run_folder.py"), encoding: .utf8)
    #expect(script.contains("SCHEMA_VERSION = \(schemaVersion)\n"))
    let readable = readableSchemaVersions.map { "\"\($0)\"" }.joined(separator: ", ")
    #expect(script.contains("READABLE_VERSIONS = {\(readable)}\n"))
  }

  @Test("every schema stays readable", arguments: readableSchemaVersions)
  func readable(_ version: Int) throws {
    let run = try RunRecord { file throws(RecordError) in
      do {
        let path = Self.folder(version).appending(path: file.rawValue)
        return Array(try Data(contentsOf: path))
      } catch {
        throw RecordError(file: file, reason: "\(error)")
      }
    }
    let expected =
      switch version {
      case 1: goldenRunOfSchema1()
      case 2: goldenRunOfSchema2()
      default: goldenRun()
      }
    #expect(run == expected)
  }

  @Test("a ledger of schema 1 has no counts of a filesystem, one of schema 2 must have the columns")
  func ledgerColumns() throws {
    let path = Self.folder(1).appending(path: "ledger.csv")
    let old = try String(contentsOf: path, encoding: .utf8)
    let entry = try #require(LedgerEntry.decode(Array(old.utf8)).first)
    #expect(entry.counts.count == 13 && entry.counts.dropFirst(8).allSatisfy { $0 == nil })
    #expect(entry.bytesCopied == 3584)
    let claimed = old.replacing("\n1,", with: "\n2,")
    let error = #expect(throws: RecordError.self) { try LedgerEntry.decode(Array(claimed.utf8)) }
    #expect(error?.line == 1 && error?.column == "begin_end_pairs")
    #expect(error?.reason.contains("missing from the header") == true)
  }

  @Test("the baselines that ship can be read")
  func baselines() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "results/baselines")
    let folders = try FileManager.default.contentsOfDirectory(
      at: root, includingPropertiesForKeys: nil)
    #expect(!folders.isEmpty)
    for folder in folders {
      func bytes(_ file: RecordFile) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: file.rawValue)))
      }
      #expect(try !LedgerEntry.decode(bytes(.ledger)).isEmpty)
      #expect(try CellResult.decode(bytes(.cells)).contains { $0.status == .ok })
      #expect(try !MachineFact.decode(bytes(.machine)).isEmpty)
    }
  }

  private func difference(_ old: Data, _ new: Data) -> String {
    let lines = [old, new].map {
      String(decoding: $0, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }
    let changes = lines[1].difference(from: lines[0]).map { change in
      switch change {
      case .insert(let offset, let line, _): "+\(offset + 1) \(line)"
      case .remove(let offset, let line, _): "-\(offset + 1) \(line)"
      }
    }
    return changes.joined(separator: "\n")
  }
}
