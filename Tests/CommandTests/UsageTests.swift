import Foundation
import Testing

/// What daxmark does not understand: exit 64, one sentence, the nearest name.
@Suite struct UsageTests {
  @Test(
    "an unknown name is answered with the nearest",
    arguments: [
      ("lst", "'list'"), ("rnu", "'run'"), ("comapre --all", "'compare'"), ("gat", "'gate'"),
      ("run --suite defualt", "'default'"), ("plan --suite quik", "'quick'"),
      ("plan --suite cow_edge", "'cow-edge'"), ("plan --engine cor", "'core'"),
      ("plan --engine core,liv", "'live'"), ("plan --routine lbc", "'libc'"),
      ("run --routine auto,avx2nt", "'avx2-nt'"), ("plan --filter size_byte=1", "'size_bytes'"),
      ("run --filter rutine=libc", "'routine'"), ("plan --filter routine=atuo", "'auto'"),
      ("run -f operation=copy,comapre", "'compare'"), ("plan -f engine=lvie", "'live'"),
      ("run --sute quick", "'--suite'"),
      ("gate --fitler engine=core", "'--filter'"), ("selftest --engine cor", "'core'"),
      ("list --cvs", "'--csv'"), ("gate --bseline x", "'--baseline'"),
    ])
  func nearest(line: String, name: String) throws {
    let finished = try Daxmark.run(line.split(separator: " ").map(String.init))
    #expect(finished.code == 64)
    #expect(finished.output.isEmpty)
    #expect(finished.errors.contains("did you mean \(name)?"), "\(finished.errors)")
    #expect(isOneSentence(finished.errors), "\(finished.errors)")
  }

  @Test(
    "a command line that makes no sense says so in a sentence",
    arguments: [
      "xyzzy", "plan --suite zzzzzz", "plan --engine zzzzzz", "plan --suite", "plan extra",
      "plan --filter routine", "plan --filter zzzzzzzzzz=1", "plan --filter routine=nobody",
      "run --rounds 0", "run --rounds -1", "run --rounds 10001", "run --rounds x",
      "run --processes 0", "run --seed -1", "run --seed 99999999999999999999", "run --core x",
      "run --core 100000", "compare onlyone", "baseline", "plan --rounds 3",
      "plan --quick --suite full", "duel a b --quick --suite full", "plan --cells nonsense",
    ])
  func senseless(line: String) throws {
    let finished = try Daxmark.run(line.split(separator: " ").map(String.init))
    #expect(finished.code == 64, "\(finished.errors)")
    #expect(finished.output.isEmpty)
    #expect(isOneSentence(finished.errors), "\(finished.errors)")
  }

  @Test("a cell is chosen by the name that is printed, from any suite unless one is named")
  func cells() throws {
    let names = try Daxmark.run(["plan", "--suite", "gate"]).outputLines
    for name in [names[0], names[5]] {
      #expect(try Daxmark.run(["plan", "--cells", name]).outputLines == [name])
    }
    let two = try Daxmark.run(["plan", "--suite", "gate", "--cells", names[5], "--cells", names[0]])
    #expect(two.outputLines == [names[0], names[5]])
    let other = try Daxmark.run(["plan", "--suite", "zero", "--cells", names[0]])
    #expect(other.code == 64 && isOneSentence(other.errors), "\(other.errors)")
    let near = try Daxmark.run([
      "duel", Daxmark.path, Daxmark.path, "--cells", names[0].replacing("auto", with: "auot"),
    ])
    #expect(
      near.code == 64 && near.errors.contains("did you mean '\(names[0])'?"), "\(near.errors)")
  }

  @Test(
    "an override that means nothing is refused, whatever the verb",
    arguments: [
      ("DAXMARK_DISABLE", "avx3", "avx2"), ("DAXMARK_DISABLE", "avx2,clbw", "clwb"),
      ("DAXMARK_COPY", "lbc", "libc"), ("DAXMARK_ZERO", "libcc", "libc"),
      ("DAXMARK_COMPARE", "word8", "word-8"), ("DAXMARK_FLUSH", "clflushop", "clflushopt"),
      ("DAXMARK_THRESHOLDS", "nonsense=1", ""), ("DAXMARK_COPPY", "libc", "DAXMARK_COPY"),
    ], ["run --quick", "list", "machine"])
  func override(variable: (String, String, String), line: String) throws {
    let finished = try Daxmark.run(
      line.split(separator: " ").map(String.init), environment: [variable.0: variable.1])
    #expect(finished.code == 64)
    #expect(finished.errors.contains(variable.0))
    #expect(finished.errors.contains("did you mean '\(variable.2)"), "\(finished.errors)")
    #expect(isOneSentence(finished.errors), "\(finished.errors)")
  }

  @Test("help is help", arguments: ["--help", "help", "help run", "run --help", "--version", ""])
  func help(line: String) throws {
    let finished = try Daxmark.run(line.split(separator: " ").map(String.init))
    #expect(finished.code == 0)
    #expect(!finished.output.isEmpty && finished.errors.isEmpty)
  }

  @Test("routines that have no cell in common are not comparable, which is no fault of the line")
  func nothingInCommon() throws {
    let folder = try Scratch()
    let done = try Daxmark.run(
      ["duel", "--routine", "libc", "--routine", "clwb", "--output", "report.json"],
      in: folder.root)
    #expect(done.code == 3 && done.errors.isEmpty, "\(done.errors)")
    let said = folder.text("report.json")
    #expect(said.contains("only in A") && said.contains("only in B"), "\(said)")
  }

  @Test("a duel of routines takes the name that it prints, and that of either routine")
  func cellsOfRoutines() throws {
    let folder = try Scratch()
    let name = "copy core auto size=4KiB cache=l1"
    for routine in ["libc:auto", "libc", "auto"] {
      let typed = name.replacing("auto", with: routine)
      let file = folder.path("report.json")
      let done = try Daxmark.run(
        ["duel", "--routine", "libc", "--routine", "auto", "--cells", typed, "--output", file],
        in: folder.root)
      // The machine decides what is slower.
      #expect([0, 2, 3].contains(done.code), "\(done.errors)")
      #expect(folder.text("report.json").contains("copy core libc:auto size=4KiB cache=l1"))
      try FileManager.default.removeItem(atPath: file)
    }
    let wrong = try Daxmark.run(
      ["duel", "--routine", "libc", "--routine", "auto", "--cells", "copy core libc:aut"])
    #expect(wrong.code == 64 && isOneSentence(wrong.errors), "\(wrong.errors)")
  }
}
