import Foundation
import Testing

/// Directories for cells on files, as a stranger names them.
@Suite("--target")
struct TargetTests {
  private static let edges = [
    "--suite", "cow-edge", "--engine", "live", "--rounds", "1", "--no-instructions",
  ]

  /// A folder in memory: a filesystem that is on every machine and shares nothing.
  private final class Memory {
    let path = "/dev/shm/daxmark-target-\(UInt64.random(in: 0...UInt64.max))"

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? ["?"] }
  }

  @Test(
    "a directory that is not there, takes no files, or comes twice is one sentence",
    arguments: [
      (["/nope/nowhere"], "No such file"), (["/proc"], "Nothing can be measured in '/proc'"),
      (["/dev/null"], "Nothing can be measured in '/dev/null'"), ([""], "measured in ''"),
      (["/dev/shm", "/dev/shm"], "two runs"),
    ])
  func refused(directories: [String], words: String) throws {
    for verb in ["run", "plan"] {
      let scratch = try Scratch()
      let options = verb == "run" ? Self.edges : Array(Self.edges.prefix(4))
      let finished = try Daxmark.run(
        [verb] + options + directories.flatMap { ["--target", $0] }, in: scratch.root)
      #expect(finished.code == 1 && finished.output.isEmpty)
      #expect(isOneSentence(finished.errors), "\(finished.errors)")
      #expect(finished.errors.contains(words), "\(finished.errors)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("results")))
    }
  }

  @Test("a directory for cells that need none, and cells without a directory, are one sentence")
  func misunderstood() throws {
    let scratch = try Scratch()
    let needless = try Daxmark.run(
      ["plan", "--suite", "copy", "--target", "/dev/shm"], in: scratch.root)
    #expect(needless.code == 1 && isOneSentence(needless.errors))
    #expect(needless.errors.contains("leave --target out"))
    // No mounts below an empty folder, and a temporary directory that cannot share.
    let without = try Daxmark.run(
      ["plan", "--suite", "cow-edge", "--engine", "live"],
      environment: ["TMPDIR": "/dev/shm"], in: scratch.root)
    #expect(without.code == 1 && isOneSentence(without.errors))
    #expect(without.errors.contains("daxmark live-fs up"))
  }

  @Test("a filesystem without reflink has skipped rows with the kernel's reason, and facts")
  func skipped() throws {
    let memory = try Memory()
    let scratch = try Scratch()
    let finished = try Daxmark.run(
      ["run"] + Self.edges + ["--target", memory.path, "--out", scratch.path("run")],
      in: scratch.root)
    #expect(finished.code == 0, "\(finished.errors)")
    let live = Table(file: scratch.path("run/cells.csv")).rows
      .filter { $0["engine"] == "live" && $0["operation"] != "reference" }
    #expect(live.count >= 5)
    for row in live {
      #expect(row["status"] == "skipped" && row["memory"] == "tmpfs")
      #expect(row["reason"]?.contains("tmpfs refuses FICLONE") == true)
    }
    let machine = Table(file: scratch.path("run/machine.csv"))
    #expect(machine.fact("schema") == "3")
    #expect(machine.fact("live_targets") == "tmpfs=\(memory.path)")
    #expect(machine.fact("live_tmpfs_loop_file") == "none")
    #expect(memory.names.isEmpty)
  }

  @Test("faults on its files are measured; the directory of the environment serves as well")
  func faults() throws {
    let memory = try Memory()
    let scratch = try Scratch()
    let finished = try Daxmark.run(
      [
        "run", "--suite", "fault", "-f", "memory=tmpfs", "-f", "access=private-cow", "-f",
        "pages=4096", "-f", "threads=1", "--rounds", "2", "--out", scratch.path("run"),
      ], environment: ["LIVEFS_TARGETS": memory.path], in: scratch.root)
    #expect(finished.code == 0, "\(finished.errors)")
    let rows = Table(file: scratch.path("run/cells.csv")).rows.filter {
      $0["operation"] == "fault"
    }
    #expect(rows.count == 1)
    #expect(["ok", "invalid"].contains(rows.first?["status"]))
    #expect(rows.first?["faults_expected"] == "2048")
    #expect(memory.names.isEmpty)
  }

  @Test("a directory that vanishes while it is measured fails its rows, and the run goes on")
  func vanishes() throws {
    let memory = try Memory()
    let scratch = try Scratch()
    let path = memory.path
    let run = try Daxmark(
      [
        "run", "--suite", "fault", "-f", "memory=tmpfs", "-f", "pages=4096", "-f", "threads=1",
        "--rounds", "40", "--processes", "2", "--no-instructions", "--out", scratch.path("run"),
      ], environment: ["LIVEFS_TARGETS": path], in: scratch.root)
    // The first process has its files open; the second finds no directory to make any in.
    let partial = scratch.path("run/samples.csv.partial")
    #expect(eventually { !Table(file: partial).rows.isEmpty })
    try FileManager.default.removeItem(atPath: path)
    let finished = run.wait()
    #expect(finished.code == 1, "\(finished.errors)")
    // Copies of shared blocks are skipped there in any case.
    let rows = Table(file: scratch.path("run/cells.csv")).rows.filter {
      $0["operation"] == "fault" && $0["access"] != "shared-cow"
    }
    #expect(rows.count == 4)
    for row in rows {
      #expect(row["status"] == "error", "\(row)")
      let reason = row["reason"] ?? ""
      #expect(reason.contains("cannot identify the filesystem of \(path)"), "\(reason)")
      #expect(reason.contains("No such file or directory"), "\(reason)")
      #expect(finished.errors.contains(reason), "\(finished.errors)")
    }
    let samples = Table(file: scratch.path("run/samples.csv")).rows
    #expect(samples.contains { $0["process"] == "0" && $0["memory"] == "tmpfs" })
    #expect(samples.contains { $0["process"] == "1" } && samples.allSatisfy { $0["round"] != nil })
    #expect(Table(file: scratch.path("run/machine.csv")).fact("run_complete") == "1")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("a plan removes nothing; a run removes what a killed one left, and no folder of a user's")
  func leftovers() throws {
    let memory = try Memory()
    let scratch = try Scratch()
    func folder(_ name: String, mode: mode_t, files: [String]) throws {
      try #require(mkdir("\(memory.path)/\(name)", mode) == 0)
      for file in files {
        _ = FileManager.default.createFile(atPath: "\(memory.path)/\(name)/\(file)", contents: nil)
      }
    }
    try folder(".daxmark-1234567", mode: 0o1700, files: ["made-by-daxmark", "source"])
    try folder(".daxmark-20260101", mode: 0o700, files: ["diary"])
    let both = [".daxmark-1234567", ".daxmark-20260101"]
    let cells = [
      "--suite", "fault", "-f", "memory=tmpfs", "-f", "access=private-cow", "-f", "pages=4096",
      "-f", "threads=1", "--target", memory.path,
    ]
    let plan = try Daxmark.run(["plan"] + cells, in: scratch.root)
    #expect(plan.code == 0 && !plan.output.isEmpty, "\(plan.errors)")
    #expect(memory.names.sorted() == both)
    let run = try Daxmark.run(
      ["run"] + cells + ["--rounds", "1", "--no-instructions", "--out", scratch.path("run")],
      in: scratch.root)
    #expect(run.code == 0, "\(run.errors)")
    #expect(memory.names == [".daxmark-20260101"])
    #expect(FileManager.default.fileExists(atPath: memory.path + "/.daxmark-20260101/diary"))
  }
}
