import Foundation
import Testing

/// Verdicts of the whole program over runs with a known truth.
@Suite struct GateVerdictTests {
  /// Runs made of the shared one: its cells, with times of our own.
  private struct World {
    let scratch: Scratch
    let model: String
    let baseline: String

    init() throws {
      scratch = try Scratch()
      model = try SharedRun.folder()
      baseline = scratch.path("baseline")
      let moments = try [1_000, 2_000, 3_000].map { try run(started: $0) }
      let recorded = try Daxmark.run(["baseline"] + moments + ["--out", baseline])
      try #require(recorded.code == 0, "\(recorded.errors)")
    }

    /// Five processes of six rounds, each routine's time multiplied by its factor.
    func run(started: Int, factors: [String: Double] = [:]) throws -> String {
      let folder = scratch.path("run-\(started)-\(factors.map { "\($0)\($1)" }.joined())")
      try FileManager.default.copyItem(atPath: model, toPath: folder)
      var timed: Set<[String]> = []
      try rewrite("\(folder)/samples.csv") { place, rows in
        rows.flatMap { row -> [[String]] in
          let key = Array(row[1...17])
          guard timed.insert(key).inserted else { return [] }
          return (0..<30).map { batch in
            var row = row
            let jitter = (batch * 37 + started) % 101 * 10
            let time = (10_000_000.0 + Double(jitter)) * (factors[row[place("routine")]] ?? 1)
            row[place("process")] = String(batch / 6)
            row[place("round")] = String(batch % 6)
            row[place("calls")] = "1000"
            row[place("cpu_ns")] = String(Int(time))
            row[place("wall_ns")] = String(Int(time))
            return row
          }
        }
      }
      try rewrite("\(folder)/cells.csv") { place, rows in
        rows.map { row in
          var row = row
          if timed.contains(Array(row[1...17])) { row[place("batches")] = "30" }
          return row
        }
      }
      try rewrite("\(folder)/machine.csv") { _, rows in
        rows.map { $0[1] == "run_started_unix" ? Array($0[..<2]) + [String(started)] : $0 }
      }
      return folder
    }

    /// Fields that matter hold no comma; those that may stand last.
    func rewrite(
      _ path: String, _ change: ((String) -> Int, [[String]]) -> [[String]]
    ) throws {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let lines = text.split(separator: "\n").map { $0.components(separatedBy: ",") }
      func place(_ column: String) -> Int { lines[0].firstIndex(of: column) ?? 0 }
      let rows = [lines[0]] + change(place, Array(lines.dropFirst()))
      try rows.map { $0.joined(separator: ",") + "\n" }.joined()
        .write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Judges two runs a minute and more apart, into JSON.
    func gate(
      _ factors: [String: Double], _ options: [String] = []
    ) throws -> (code: Int32, json: [String: Any], text: String) {
      let runs = try [5_000, 5_100].map { try run(started: $0, factors: factors) }
      let file = scratch.path("report.json")
      let finished = try Daxmark.run(
        ["gate"] + runs + ["--baseline", baseline, "--output", file] + options)
      for run in runs { try FileManager.default.removeItem(atPath: run) }
      let data = FileManager.default.contents(atPath: file) ?? Data()
      let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect(json["exit_code"] as? Int == Int(finished.code), "\(finished.errors)")
      return (finished.code, json, finished.output)
    }
  }

  @Test("0, 2 and 6: what is unchanged, slower, and faster when asked")
  func codes() throws {
    let world = try World()
    let same = try world.gate([:])
    #expect(same.code == 0 && same.text.hasPrefix("PASS: "), "\(same.text)")
    let slower = try world.gate(["libc": 1.1])
    #expect(slower.code == 2 && slower.text.hasPrefix("REGRESSED: "), "\(slower.text)")
    let rows = slower.json["rows"] as? [[String: Any]] ?? []
    let failed = rows.filter { $0["fails"] as? Bool == true }
    #expect(!failed.isEmpty)
    for row in failed {
      #expect((row["name"] as? String)?.contains(" libc ") == true)
      let change = row["change"] as? [String: Double]
      #expect(abs((change?["value"] ?? 0) - 0.1) < 0.001)
    }
    let faster = try world.gate(["libc": 0.9])
    #expect(faster.code == 0 && faster.text.contains("improved"), "\(faster.text)")
    let asked = try world.gate(["libc": 0.9], ["--fail-on-improvement"])
    #expect(asked.code == 6 && asked.text.hasPrefix("IMPROVED: "), "\(asked.text)")
    let both = try world.gate(["libc": 0.9, "rep-movsb": 1.2], ["--fail-on-improvement"])
    #expect(both.code == 2)
  }

  @Test("the cells that are chosen are judged, and no others")
  func chosen() throws {
    let world = try World()
    let slower = ["libc": 1.1]
    let all = try world.gate(slower)
    #expect(all.code == 2)
    let names = (all.json["rows"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    let (libc, others) = (
      names.filter { $0.contains(" libc ") }, names.filter { !$0.contains(" libc ") }
    )
    func judged(_ options: [String]) throws -> (code: Int32, names: Set<String>) {
      let (code, json, text) = try world.gate(slower, options)
      let rows = json["rows"] as? [[String: Any]] ?? []
      #expect(!text.contains("were not measured"), "\(text)")
      return (code, Set(rows.compactMap { $0["name"] as? String }))
    }
    #expect(try judged(["--filter", "routine=libc"]) == (2, Set(libc)))
    let other = try #require(others.first)
    #expect(try judged(["--cells", other]) == (0, [other]))
    #expect(try judged(["--cells", other, "--cells", libc[0]]) == (2, [other, libc[0]]))
    #expect(try judged(["--engine", "core"]) == (2, Set(names)))
    #expect(try judged(["--cells", libc[0], "--filter", "routine=libc"]) == (2, [libc[0]]))
  }

  @Test("a cell, engine or routine that neither side has is an error, with the nearest name")
  func strangers() throws {
    let world = try World()
    let run = try world.run(started: 5_000)
    let name = "copy core libc size=256 cache=l1"
    for (options, words) in [
      (["--cells", name.replacing("libc", with: "lbic")], "did you mean '\(name)'?"),
      (["--cells", "x"], "There is no cell 'x'"), (["--engine", "cor"], "did you mean 'core'?"),
      (["--filter", "routine=libcc"], "did you mean 'libc'?"),
      (["--filter", "rutine=libc"], "did you mean 'routine'?"),
      (["--filter", "size_bytes=77"], "passes the filter"), (["--filter", "libc"], "column=value"),
    ] {
      let finished = try Daxmark.run(["gate", run, "--baseline", world.baseline] + options)
      #expect(finished.code == 64 && isOneSentence(finished.errors), "\(finished.errors)")
      #expect(finished.errors.contains(words), "\(finished.errors)")
    }
  }
}
