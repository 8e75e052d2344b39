import Foundation
import Testing

/// The verbs that show things and measure nothing.
@Suite struct ShowTests {
  static let keyColumns = [
    "suite", "operation", "engine", "routine", "size_bytes", "position_bytes", "length_bytes",
    "alignment_bytes", "extent_bytes", "source_state", "durable", "cache_state", "memory", "pages",
    "access", "threads", "mismatch",
  ]

  @Test("list shows suites, engines and routines")
  func list() throws {
    let finished = try Daxmark.run(["list"])
    #expect(finished.code == 0 && finished.errors.isEmpty)
    for word in [
      "default", "quick", "full", "cow-edge", "core", "model", "live", "auto", "rep-movsb",
      "beside-clone",
    ] {
      #expect(finished.output.contains(word), "\(word)")
    }
  }

  @Test("list --csv has its header, all suites, and the routines of every operation")
  func listCSV() throws {
    let finished = try Daxmark.run(["list", "--csv"])
    #expect(finished.outputLines.first == "kind,operation,durable,name,available,detail,engine")
    let table = Table(finished.output)
    #expect(Set(table.rows.map { $0["kind"] ?? "" }) == ["suite", "engine", "routine"])
    let routines = table.rows.filter { $0["kind"] == "routine" }
    #expect(
      Set(routines.map { $0["operation"] ?? "" }) == [
        "copy", "compare", "zero", "flush", "cow-edge", "cow-block", "dedupe", "fault", "clone",
        "unshare", "writeback", "read", "roofline",
      ])
    for row in routines where row["available"] != "1" { #expect(row["detail"] != "") }
  }

  @Test("plan --csv has the key columns, and as many rows as plan has lines")
  func plan() throws {
    let csv = try Daxmark.run(["plan", "--quick", "--csv"])
    #expect(csv.code == 0)
    #expect(csv.outputLines.first == Self.keyColumns.joined(separator: ","))
    let lines = try Daxmark.run(["plan", "--quick"])
    #expect(lines.outputLines.count == csv.outputLines.count - 1)
    #expect(lines.errors.contains("\(lines.outputLines.count) cells of 'quick'"))
    let all = try Daxmark.run(["plan", "--quick", "--csv", "--companions"])
    #expect(all.outputLines.count > csv.outputLines.count)
    #expect(all.output.contains("harness,floor,core,empty"))
  }

  @Test("filters, engines and routines narrow the plan")
  func narrowed() throws {
    let finished = try Daxmark.run([
      "plan", "--csv", "--suite", "copy", "-f", "size_bytes=4KiB", "--routine", "auto,libc",
      "--engine", "core", "--filter", "durable=0",
    ])
    let rows = Table(finished.output).rows
    #expect(!rows.isEmpty)
    #expect(rows.allSatisfy { $0["size_bytes"] == "4096" && $0["durable"] == "0" })
    #expect(Set(rows.map { $0["routine"] ?? "" }) == ["auto", "libc"])
  }

  @Test("machine --csv is machine.csv, and machine says the same")
  func machine() throws {
    let csv = try Daxmark.run(["machine", "--csv"])
    #expect(csv.code == 0)
    let table = Table(csv.output)
    #expect(table.columns == ["schema", "name", "value"])
    for name in ["class_hash", "class_name", "kernel", "isa", "reference_hash", "clock"] {
      #expect(table.fact(name)?.isEmpty == false, "\(name)")
    }
    #expect(try Daxmark.run(["machine"]).output.contains(table.fact("class_name") ?? "none"))
  }

  @Test("what is taken away is shown as such")
  func disabled() throws {
    let environment = ["DAXMARK_DISABLE": "avx2,clwb"]
    let list = Table(try Daxmark.run(["list", "--csv"], environment: environment).output)
    let avx2 = try #require(list.rows.first { $0["name"] == "avx2" })
    #expect(avx2["available"] == "0" && avx2["detail"]?.contains("avx2") == true)
    let machine = Table(try Daxmark.run(["machine", "--csv"], environment: environment).output)
    #expect(machine.fact("isa") == "baseline")
    #expect(machine.fact("flush_instruction") != "clwb")
  }
}
