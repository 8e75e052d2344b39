import Record
import Testing

@testable import Runner

@Suite("Machine probe")
struct MachineProbeTests {
  private func check(_ facts: [MachineFact]) {
    #expect(Set(facts.map(\.name)).count == facts.count, "a name occurs twice")
    for fact in facts {
      #expect(!fact.value.isEmpty && !fact.value.contains("\n"), "\(fact.name)")
    }
  }

  @Test("the facts of a known machine, in their order")
  func known() {
    let facts = MachineProbe.facts(from: Fixture.sources(), extra: Fixture.extra)
    check(facts)
    let expected: [(String, String)] = [
      ("schema", "3"), ("cpu_vendor", "AuthenticAMD"), ("cpu_family", "25"), ("cpu_model", "1"),
      ("cpu_stepping", "1"), ("cpu_microcode", "0x1000065"), ("cpu_model_name", "AMD EPYC"),
      ("cpu_flags_hash", FNV1a("avx2 clwb fpu hypervisor sse2").hexadecimal), ("cores", "2"),
      ("cores_allowed", "1"), ("l1d_bytes", "32768"), ("l2_bytes", "524288"),
      ("llc_bytes", "33554432"), ("line_bytes", "64"), ("hypervisor", "kvm"),
      ("kernel", "6.1.0-fixture"),
      (
        "mitigations",
        "spectre_v1: Mitigation: barriers | spectre_v2: Mitigation: Retpolines; IBPB"
      ),
      ("governor", "none"), ("clock_source", "tsc"), ("aslr", "2"),
      ("memory_total_bytes", "25276514304"), ("page_bytes", "4096"), ("thp", "madvise"),
      ("thp_shmem", "never"), ("hugepages_total", "12"), ("hugepages_free", "3"),
      ("numa_nodes", "1"), ("libc", "glibc 2.36"), ("libpmem", "1.1"),
      ("compiler", "swift 6.3, clang"), ("build", "debug"), ("steal_ticks", "108"),
      ("load_average", "1.13"), ("isa", "avx2"), ("flush_instruction", "clwb"),
      ("reference_hash", "abc"),
    ]
    #expect(facts.dropLast(2).map { [$0.name, $0.value] } == expected.map { [$0.0, $0.1] })
    #expect(facts.suffix(2).map(\.name) == ["class_hash", "class_name"])
    let hash = facts[facts.count - 2].value
    #expect(facts.last?.value == "amd-25-1-1-2c-avx2-clwb-kvm-\(hash.prefix(8))")
  }

  @Test("this machine has every fact, and most are known")
  func live() {
    let facts = MachineProbe.facts(extra: Fixture.extra)
    check(facts)
    #expect(
      facts.map(\.name)
        == MachineProbe.facts(from: Fixture.sources(), extra: Fixture.extra).map(\.name))
    for name in ["kernel", "page_bytes", "cores_allowed", "libc", "memory_total_bytes", "compiler"]
    {
      #expect(facts.first { $0.name == name }.map { $0.value != "unknown" } == true, "\(name)")
    }
  }

  @Test("an empty system yields the same names, all unknown")
  func empty() {
    var sources = Fixture.sources([:])
    sources.hypervisorSignature = nil
    sources.libc = nil
    sources.libpmem = nil
    let facts = MachineProbe.facts(from: sources, extra: [])
    check(facts)
    let known = facts.filter { $0.value != "unknown" }.map(\.name)
    #expect(
      known == [
        "schema", "governor", "page_bytes", "compiler", "build", "class_hash", "class_name",
      ])
  }

  @Test("any one file missing or garbled neither drops nor doubles a fact")
  func garbled() {
    let names = MachineProbe.facts(from: Fixture.sources(), extra: []).map(\.name)
    let garbage = [
      "", "\n", ":::::\n:\n", "-1", "99999999999999999999999K", "cpu ", "[", "]x[", "\u{0}\u{FFFD}",
      "a\nb\nc", "cpu 1 2 3 4 5 6 7 -8", "nan nan nan",
    ]
    for path in Fixture.files.keys {
      for text in garbage {
        var files = Fixture.files
        files[path] = text
        let facts = MachineProbe.facts(from: Fixture.sources(files), extra: [])
        check(facts)
        #expect(facts.map(\.name) == names)
      }
    }
  }

  @Test("an extra fact replaces its namesake in place and cannot forge the class")
  func extra() {
    let forged = [
      MachineFact("kernel", " 7.0\nbeta "), MachineFact("class_hash", "0"),
      MachineFact("new", ""), MachineFact("new", "twice"),
    ]
    let facts = MachineProbe.facts(from: Fixture.sources(), extra: forged)
    check(facts)
    #expect(facts.first { $0.name == "kernel" }?.value == "7.0 beta")
    #expect(facts.first { $0.name == "new" }?.value == "twice")
    #expect(facts.first { $0.name == "class_hash" }?.value != "0")
    #expect(facts.suffix(3).map(\.name) == ["new", "class_hash", "class_name"])
  }
}

@Suite("Machine class")
struct MachineClassTests {
  @Test("the hash changes when, and only when, a class fact changes")
  func hash() {
    let facts = MachineProbe.facts(from: Fixture.sources(), extra: Fixture.extra)
    let original = MachineClass(facts: facts)
    for index in facts.indices {
      var changed = facts
      changed[index].value += "x"
      let decides = MachineClass.factNames.contains(facts[index].name)
      #expect((MachineClass(facts: changed).hash != original.hash) == decides, "\(facts[index])")
    }
    #expect(Set(MachineClass.factNames).isSubset(of: facts.map(\.name)))
    #expect(MachineClass(facts: facts.reversed()) == original)
  }

  @Test("a value moved to the next fact is another class")
  func separation() {
    let one = MachineClass(facts: [MachineFact("cpu_family", "1"), MachineFact("cpu_model", "23")])
    let two = MachineClass(facts: [MachineFact("cpu_family", "12"), MachineFact("cpu_model", "3")])
    #expect(one.hash != two.hash)
  }

  @Test("the name is a safe folder name whatever the facts hold")
  func name() {
    let hostile = MachineClass(facts: [
      MachineFact("cpu_vendor", "../../etc"), MachineFact("isa", "AVX 512 / nt"),
      MachineFact("hypervisor", "Ünï\u{0}"),
    ])
    #expect(hostile.name.hasPrefix("etc-unknown-unknown-unknown-unknownc-avx_512_nt-unknown-n-"))
    let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    #expect(hostile.name.allSatisfy { allowed.contains($0) })
  }

  @Test(
    "the hash is FNV-1a", arguments: [("", "cbf29ce484222325"), ("foobar", "85944171f73967e8")])
  func vectors(text: String, hash: String) {
    #expect(FNV1a(text).hexadecimal == hash)
  }
}
