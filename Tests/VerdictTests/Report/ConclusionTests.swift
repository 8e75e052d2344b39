import Plan
import Record
import Testing

@testable import Verdict

@Suite struct ConclusionTests {
  @Test("three sentences, each different, ended, plain ASCII", arguments: UInt64(1)...30)
  func three(seed: UInt64) {
    let run = RandomRun(seed: seed)
    for baseline in [nil, [], run.baseline] {
      for cells in [run.cells, Array(run.cells.prefix(3)), Array(run.cells.suffix(1)), []] {
        let sentences = Conclusion.sentences(cells: cells, baseline: baseline)
        #expect(sentences.count == 3 && Set(sentences).count == 3, "seed \(seed)")
        for sentence in sentences {
          #expect(sentence.count > 15 && sentence.hasSuffix("."), "seed \(seed): \(sentence)")
          #expect(sentence.allSatisfy { $0.isASCII }, "seed \(seed): \(sentence)")
        }
      }
    }
  }

  private func edge(auto: Double, pmem: Double, kernel: Double, width: Double = 0.01) -> String {
    let cells = [("auto", auto), ("libpmem", pmem), ("kernel", kernel)].map {
      SyntheticRun.row(.cowEdge, $0.0, $0.1, width: width, SyntheticRun.edge)
    }
    return Conclusion.sentences(cells: cells, baseline: nil)[0]
  }

  @Test("the first sentence prices the edge write against libpmem and the kernel")
  func edgeWrite() {
    let sentence = edge(auto: 200, pmem: 300, kernel: 500)
    #expect(sentence.contains("costs 200 nanoseconds here by auto"))
    #expect(sentence.contains("the best way through libpmem takes 1.50 times as long"))
    #expect(sentence.contains("the kernel's own sequence takes 2.50 times as long"))
  }

  @Test("the sentences are of one thread, whatever comes first")
  func oneThread() {
    let two = SyntheticRun.row(.cowEdge, "auto", 100) { p in
      SyntheticRun.edge(&p)
      p.threads = 2
    }
    let one = [("auto", 200.0), ("libpmem", 300)].map {
      SyntheticRun.row(.cowEdge, $0.0, $0.1, SyntheticRun.edge)
    }
    let copies = [1, 2].map { threads in
      SyntheticRun.row(.copy, "auto", 100, share: threads == 1 ? 0.8 : 0.9) { p in
        SyntheticRun.copy4K(&p)
        p.threads = threads
      }
    }
    let sentences = Conclusion.sentences(cells: [two] + one + copies, baseline: nil)
    #expect(sentences[0].contains("costs 200 nanoseconds here by auto"), "\(sentences)")
    #expect(sentences[0].contains("the best way through libpmem takes 1.50"), "\(sentences)")
    #expect(sentences[1].contains("80 percent"), "\(sentences)")
  }

  @Test("overlapping intervals are never told as a difference")
  func ties() {
    let sentence = edge(auto: 200, pmem: 210, kernel: 500, width: 0.05)
    #expect(sentence.contains("libpmem costs the same within the intervals"))
    let narrow = edge(auto: 210, pmem: 200, kernel: 500, width: 0.05)
    #expect(narrow.contains("costs 210 nanoseconds here by auto"), "auto is named where it is tied")
    let beaten = edge(auto: 300, pmem: 200, kernel: 500)
    #expect(beaten.contains("here by libpmem; auto takes 1.50 times as long"))
  }

  @Test("the shape nearest to 512 bytes at 1000, in memory, is the one told")
  func nearest() {
    let far = SyntheticRun.row(.cowEdge, "auto", 999) { p in
      SyntheticRun.edge(&p)
      p.cacheState = .l1
      p.lengthBytes = 64
    }
    let near = SyntheticRun.row(.cowEdge, "auto", 213, SyntheticRun.edge)
    let sentence = Conclusion.sentences(cells: [far, near], baseline: nil)[0]
    #expect(sentence.contains("213 nanoseconds"))
  }

  @Test("the second sentence tells where auto is not the best")
  func beaten() {
    let cells = [
      SyntheticRun.row(.copy, "auto", 110, share: 0.8, SyntheticRun.copy4K),
      SyntheticRun.row(.copy, "avx2", 100, share: 0.9, SyntheticRun.copy4K),
    ]
    let sentence = Conclusion.sentences(cells: cells, baseline: nil)[1]
    #expect(sentence.contains("80 percent of the machine's peak for copy"))
    #expect(sentence.contains("faster in 1 of the one shape of copy"))
    #expect(sentence.contains("copy by avx2 (4 KiB, in L1), where auto takes 1.10 times as long"))
  }

  @Test("the third sentence counts agreement with a baseline and names the largest move")
  func movement() {
    let sentence = Conclusion.sentences(
      cells: SyntheticRun.small, baseline: SyntheticRun.smallBaseline)[2]
    #expect(sentence.contains("8 of 9 comparable cells agree"))
    #expect(sentence.contains("copy by auto (4 KiB, in L1), 12.0 percent slower"))
    let none = Conclusion.sentences(cells: SyntheticRun.small, baseline: [])[2]
    #expect(none == "No cell of this run can be compared with the baseline.")
  }

  @Test("without a baseline the third sentence prices faults beside the copy of a page")
  func faults() {
    let sentence = Conclusion.sentences(cells: SyntheticRun.small, baseline: nil)[2]
    #expect(sentence.contains("402 nanoseconds for the first write"))
    #expect(sentence.contains("copying 4 KiB in L1 costs 41.3 nanoseconds"))
  }

  @Test("the model is told beside the bare write, and is neither its best nor a kernel's fault")
  func model() {
    let sentences = Conclusion.sentences(cells: SyntheticRun.model, baseline: nil)
    #expect(sentences[0].contains("costs 322 nanoseconds here by auto"))
    #expect(sentences[0].contains("through a whole user-space filesystem takes 1.72 times as long"))
    let fault = SyntheticRun.row(.fault, "direct", 99, engine: "model") {
      ($0.access, $0.pages) = (.firstWrite, .base)
    }
    let told = Conclusion.sentences(cells: SyntheticRun.small + [fault], baseline: nil)
    #expect(told[2].contains("402 nanoseconds for the first write"))
    let zero = SyntheticRun.row(.zero, "auto", 99, share: 0.01, engine: "model") { p in
      SyntheticRun.blocks(4096, true, &p)
    }
    #expect(Conclusion.sentences(cells: SyntheticRun.small + [zero], baseline: nil) == told)
  }

  @Test("a call that takes many faults is priced for each of them")
  func perFault() {
    var row = SyntheticRun.row(.fault, "touch", 64_000) { SyntheticRun.fault(.firstWrite, &$0) }
    (row.calls, row.batches, row.faultsExpected) = (10, 5, 10 * 5 * 64)
    let sentence = Conclusion.sentences(cells: [row], baseline: nil)[2]
    #expect(sentence.contains("costs 1000 nanoseconds for the first write"))
  }
}
