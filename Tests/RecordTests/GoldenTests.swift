import Foundation
import Testing

@testable import Record

@Suite("Golden files of every schema version", .serialized)
struct GoldenTests {
  /// Beside the sources, so that `UPDATE_GOLDEN=1` rewrites what is checked in.
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Golden/schema-1")

  @Test("the golden run is written as it always was", arguments: RecordFile.allCases)
  func written(_ file: RecordFile) throws {
    let path = Self.folder.appending(path: file.rawValue)
    let bytes = Data(goldenRun().encoded(file))
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try bytes.write(to: path)
    }
    let golden = try Data(contentsOf: path)
    #expect(bytes == golden, "\(difference(golden, bytes)) (UPDATE_GOLDEN=1 rewrites)")
  }

  @Test("schema 1 stays readable")
  func readable() throws {
    let run = try RunRecord { file throws(RecordError) in
      do {
        return Array(try Data(contentsOf: Self.folder.appending(path: file.rawValue)))
      } catch {
        throw RecordError(file: file, reason: "\(error)")
      }
    }
    #expect(run == goldenRun())
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
