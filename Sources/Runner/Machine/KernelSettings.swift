/// Settings of the running kernel, each a pure function of one of its files.
struct KernelSettings {
  let files: SystemFiles

  /// The kernel's release.
  var release: String? { files.line("/proc/sys/kernel/osrelease") }

  /// Every vulnerability that affects this CPU and what is done about it, on one line.
  var mitigations: String? {
    let directory = "/sys/devices/system/cpu/vulnerabilities"
    let names = files.names(directory)
    if names.isEmpty { return nil }
    let affected = names.compactMap { name -> String? in
      let state = files.line("\(directory)/\(name)") ?? unknown
      return state == "Not affected" ? nil : "\(name): \(state)"
    }
    return affected.isEmpty ? "none" : affected.joined(separator: " | ")
  }

  /// The frequency governor; `none` where the kernel does not scale frequencies.
  var governor: String {
    files.line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? "none"
  }

  /// When anonymous memory gets huge pages.
  var transparentHugePages: String? {
    files.line("/sys/kernel/mm/transparent_hugepage/enabled").flatMap(chosen)
  }

  /// When shared memory gets huge pages.
  var sharedHugePages: String? {
    files.line("/sys/kernel/mm/transparent_hugepage/shmem_enabled").flatMap(chosen)
  }

  /// What the time of this system is read from.
  var clockSource: String? {
    files.line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
  }

  /// The level of address space randomisation: 0 none, 1 without the heap, 2 full.
  var addressRandomisation: String? { files.line("/proc/sys/kernel/randomize_va_space") }

  /// A count or a size in bytes of /proc/meminfo.
  func memory(_ name: String) -> Int? {
    files.text("/proc/meminfo").flatMap { field(name, of: $0) }.flatMap { bytes(ofSize: $0) }
  }
}

/// The choice in brackets of a line such as `always [madvise] never`.
func chosen(_ line: String) -> String? {
  guard let open = line.firstIndex(of: "["), let close = line[open...].firstIndex(of: "]")
  else { return nil }
  let choice = trimmed(line[line.index(after: open)..<close])
  return choice.isEmpty ? nil : choice
}

/// The value behind `name:` in a text of such lines.
func field(_ name: String, of text: String) -> String? {
  for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
    let value = trimmed(line.dropFirst(name.utf8.count + 1))
    return value.isEmpty ? nil : value
  }
  return nil
}
