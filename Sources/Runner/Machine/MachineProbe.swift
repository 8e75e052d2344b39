public import Record

/// The value of a fact that could not be read.
let unknown = "unknown"

/// Reads what a run's `machine.csv` says about the machine and the build.
public enum MachineProbe {
  /// The facts of this machine and build.
  ///
  /// The order is fixed: processor, caches, system, memory, build, moment, then `extra` in its own
  /// order, then `class_hash` and `class_name`. An extra fact of a name already there replaces the
  /// value in its place. What cannot be read has the value `unknown`. Cost: about a millisecond.
  ///
  /// - Parameter extra: Facts that others know: `isa`, `flush_instruction`, `reference_hash`.
  /// - Returns: Facts with distinct names and values of one non-empty line.
  public static func facts(extra: [MachineFact] = []) -> [MachineFact] {
    facts(from: .live(), extra: extra)
  }

  static func facts(from sources: MachineSources, extra: [MachineFact]) -> [MachineFact] {
    let own =
      processor(sources) + caches(sources) + system(sources) + memory(sources) + build(sources)
      + moment(sources)
    var facts: [MachineFact] = []
    for fact in own + extra {
      let fact = MachineFact(fact.name, oneLine(fact.value))
      if let index = facts.firstIndex(where: { $0.name == fact.name }) {
        facts[index] = fact
      } else {
        facts.append(fact)
      }
    }
    let names: Set = ["class_hash", "class_name"]
    facts.removeAll { names.contains($0.name) }
    let machineClass = MachineClass(facts: facts)
    return facts + [
      MachineFact("class_hash", machineClass.hash), MachineFact("class_name", machineClass.name),
    ]
  }

  private static func processor(_ sources: MachineSources) -> [MachineFact] {
    let files = sources.files
    let processor = ProcessorInfo(cpuinfo: files.text("/proc/cpuinfo") ?? "")
    let allowed = files.text("/proc/self/status").flatMap { field("Cpus_allowed_list", of: $0) }
    return [
      MachineFact("schema", String(schemaVersion)),
      fact("cpu_vendor", processor.vendor),
      fact("cpu_family", processor.family),
      fact("cpu_model", processor.model),
      fact("cpu_stepping", processor.stepping),
      fact("cpu_microcode", processor.microcode),
      fact("cpu_model_name", processor.modelName),
      fact("cpu_flags_hash", processor.flagsHash),
      fact("cores", files.line("/sys/devices/system/cpu/online").flatMap(listedCount)),
      fact("cores_allowed", allowed.flatMap(listedCount)),
    ]
  }

  private static func caches(_ sources: MachineSources) -> [MachineFact] {
    let caches = CacheSizes(files: sources.files)
    return [
      fact("l1d_bytes", caches.l1d),
      fact("l2_bytes", caches.l2),
      fact("llc_bytes", caches.lastLevel),
      fact("line_bytes", caches.line),
    ]
  }

  private static func system(_ sources: MachineSources) -> [MachineFact] {
    let kernel = KernelSettings(files: sources.files)
    return [
      fact("hypervisor", sources.hypervisor),
      fact("kernel", kernel.release),
      fact("mitigations", kernel.mitigations),
      fact("governor", kernel.governor),
      fact("clock_source", kernel.clockSource),
      fact("aslr", kernel.addressRandomisation),
    ]
  }

  private static func memory(_ sources: MachineSources) -> [MachineFact] {
    let kernel = KernelSettings(files: sources.files)
    return [
      fact("memory_total_bytes", kernel.memory("MemTotal")),
      fact("page_bytes", sources.pageBytes),
      fact("thp", kernel.transparentHugePages),
      fact("thp_shmem", kernel.sharedHugePages),
      fact("hugepages_total", kernel.memory("HugePages_Total")),
      fact("hugepages_free", kernel.memory("HugePages_Free")),
      fact(
        "numa_nodes", sources.files.line("/sys/devices/system/node/online").flatMap(listedCount)),
    ]
  }

  private static func build(_ sources: MachineSources) -> [MachineFact] {
    [
      fact("libc", sources.libc),
      fact("libpmem", sources.libpmem),
      MachineFact("compiler", sources.compiler),
      MachineFact("build", sources.build),
    ]
  }

  private static func moment(_ sources: MachineSources) -> [MachineFact] {
    let reading = ContentionReading(files: sources.files)
    return [
      fact("steal_ticks", reading.stealTicks), fact("load_average", reading.loadAverage),
    ]
  }

  private static func fact(_ name: String, _ value: (some CustomStringConvertible)?) -> MachineFact
  {
    MachineFact(name, value?.description ?? unknown)
  }

  /// The text on one line, `unknown` when nothing is left of it.
  private static func oneLine(_ text: String) -> String {
    let line = text.split { $0.isNewline }.map { trimmed($0) }.joined(separator: " ")
    return line.isEmpty ? unknown : line
  }
}
