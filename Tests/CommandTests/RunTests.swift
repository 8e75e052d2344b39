import Foundation
import Testing

/// `daxmark run` as a stranger types it.
@Suite struct RunTests {
  @Test("a run writes its four files, prints its path last and ends well")
  func files() throws {
    let finished = try SharedRun.finished()
    let folder = try SharedRun.folder()
    #expect(finished.code == 0, "\(finished.errors)")
    #expect(finished.outputLines.last == folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(Set(names) == Set(SharedRun.fileNames))
    let machine = Table(file: folder + "/machine.csv")
    #expect(machine.fact("run_complete") == "1")
    #expect(machine.fact("suite") == "quick" && machine.fact("rounds") == "2")
    #expect(machine.fact("seed")?.isEmpty == false)
  }

  @Test("cells.csv has every promised column, and a value where it applies")
  func columns() throws {
    let cells = Table(file: try SharedRun.folder() + "/cells.csv")
    let promised = """
      suite operation engine routine size_bytes position_bytes length_bytes alignment_bytes
      source_state durable cache_state page_bytes threads mismatch calls cpu_ns_per_call cpu_ns_low
      cpu_ns_high wall_ns_per_call bytes_per_call roofline_share status reason
      """.split { $0.isWhitespace }.map(String.init)
    #expect(Set(cells.columns).isSuperset(of: promised))
    #expect(cells.columns.first == "schema")
    let copies = cells.rows.filter { $0["operation"] == "copy" }
    #expect(copies.map { $0["routine"] ?? "" } == ["auto", "libc", "libpmem", "rep-movsb"])
    for row in copies where row["status"] == "ok" {
      #expect(row["size_bytes"] == "256" && row["bytes_per_call"] == "256.0")
      let times = ["cpu_ns_low", "cpu_ns_per_call", "cpu_ns_high"].compactMap {
        Double(row[$0] ?? "")
      }
      #expect(times.count == 3 && times == times.sorted() && times[0] > 0)
      #expect(Double(row["roofline_share"] ?? "") != nil)
    }
    for operation in ["floor", "clock", "reference", "roofline"] {
      #expect(cells.rows.contains { $0["operation"] == operation && $0["status"] == "ok" })
    }
  }

  @Test("samples.csv has each cell once a round")
  func samples() throws {
    let folder = try SharedRun.folder()
    let samples = Table(file: folder + "/samples.csv").rows
    let cells = Table(file: folder + "/cells.csv").rows.filter { $0["status"] == "ok" }
    #expect(samples.count == 2 * cells.count)
    #expect(Set(samples.map { "\($0["round"] ?? "") \($0["order"] ?? "")" }).count == samples.count)
  }

  @Test("without a terminal there are no escape codes", arguments: ["NO_COLOR", "TERM", "COLUMNS"])
  func noEscapes(variable: String) throws {
    let values = ["NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "40"]
    let finished = try Daxmark.run(
      ["report", try SharedRun.folder()], environment: [variable: values[variable] ?? ""])
    #expect(finished.code == 0)
    #expect(!finished.output.contains("\u{1b}") && !finished.errors.contains("\u{1b}"))
    #expect(!(try SharedRun.finished().output + SharedRun.finished().errors).contains("\u{1b}"))
  }

  @Test("a folder that holds a run, whole or cut short, is refused and kept")
  func occupied() throws {
    for name in SharedRun.fileNames + ["samples.csv.partial"] {
      let scratch = try Scratch()
      let file = scratch.path(name)
      try "earlier".write(toFile: file, atomically: false, encoding: .utf8)
      let finished = try Daxmark.run(["run"] + SharedRun.fewCells + ["--out", scratch.root])
      #expect(finished.code == 1)
      #expect(isOneSentence(finished.errors) && finished.errors.contains("already holds a run"))
      #expect(scratch.text(name) == "earlier")
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.root) == [name])
    }
  }

  @Test(
    "a folder that cannot be made is said before anything is measured",
    arguments: ["/dev/null/x", "/proc/x", ""])
  func unwritable(path: String) throws {
    let finished = try Daxmark.run(["run"] + SharedRun.fewCells + ["--out", path])
    #expect(finished.code == 1)
    #expect(isOneSentence(finished.errors), "\(finished.errors)")
    #expect(finished.errors.contains("'\(path)' cannot be written") && finished.output.isEmpty)
  }

  @Test("levels that are disabled are skipped with the reason, and the rest verifies")
  func disabled() throws {
    let scratch = try Scratch()
    let finished = try Daxmark.run(
      [
        "run", "--filter", "suite=copy,flush", "--filter", "size_bytes=64", "--rounds", "1",
        "--no-instructions", "--summary", "--out", scratch.path("run"),
      ], environment: ["DAXMARK_DISABLE": "avx2,clwb"])
    #expect(finished.code == 0, "\(finished.errors)")
    let rows = Table(file: scratch.path("run/cells.csv")).rows
    for row in rows {
      let routine = row["routine"] ?? ""
      if routine.hasPrefix("avx2") || routine.hasSuffix("clwb") {
        #expect(row["status"] == "skipped", "\(routine)")
        #expect(
          ["avx2", "clwb", "avx512"].contains { row["reason"]?.contains($0) == true }, "\(row)")
      }
      #expect(row["status"] == "ok" || row["status"] == "skipped", "\(row)")
    }
    #expect(rows.filter { $0["operation"] == "copy" && $0["status"] == "ok" }.count >= 6)
  }
}
