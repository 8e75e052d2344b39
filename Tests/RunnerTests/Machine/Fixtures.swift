import Record

@testable import Runner

/// The files of a small virtual machine, as the kernel writes them.
enum Fixture {
  static let cpuinfo = """
    processor\t: 0
    vendor_id\t: AuthenticAMD
    cpu family\t: 25
    model\t\t: 1
    model name\t: AMD EPYC
    stepping\t: 1
    microcode\t: 0x1000065
    flags\t\t: fpu sse2 avx2 clwb hypervisor

    processor\t: 1
    vendor_id\t: Other
    model\t\t: 99
    """

  static let cpu = "/sys/devices/system/cpu"

  static let files: [String: String] = [
    "/proc/cpuinfo": cpuinfo,
    "/proc/self/status": "Name:\tx\nCpus_allowed:\t1\nCpus_allowed_list:\t1\n",
    "/proc/meminfo": """
    MemTotal:       24684096 kB
    HugePages_Total:      12
    HugePages_Free:        3
    """,
    "/proc/stat": "cpu  7663 0 3178 177005 2862 0 172 108 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n",
    "/proc/loadavg": "1.13 0.71 0.38 2/88 15965\n",
    "/proc/sys/kernel/osrelease": "6.1.0-fixture\n",
    "/proc/sys/kernel/randomize_va_space": "2\n",
    "\(cpu)/online": "0-1\n",
    "\(cpu)/vulnerabilities/meltdown": "Not affected\n",
    "\(cpu)/vulnerabilities/spectre_v1": "Mitigation: barriers\n",
    "\(cpu)/vulnerabilities/spectre_v2": "Mitigation: Retpolines; IBPB\n",
    "\(cpu)/cpu0/cache/index0/level": "1\n",
    "\(cpu)/cpu0/cache/index0/type": "Data\n",
    "\(cpu)/cpu0/cache/index0/size": "32K\n",
    "\(cpu)/cpu0/cache/index0/coherency_line_size": "64\n",
    "\(cpu)/cpu0/cache/index1/level": "1\n",
    "\(cpu)/cpu0/cache/index1/type": "Instruction\n",
    "\(cpu)/cpu0/cache/index1/size": "48K\n",
    "\(cpu)/cpu0/cache/index2/level": "2\n",
    "\(cpu)/cpu0/cache/index2/type": "Unified\n",
    "\(cpu)/cpu0/cache/index2/size": "512K\n",
    "\(cpu)/cpu0/cache/index3/level": "3\n",
    "\(cpu)/cpu0/cache/index3/type": "Unified\n",
    "\(cpu)/cpu0/cache/index3/size": "32M\n",
    "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    "/sys/kernel/mm/transparent_hugepage/shmem_enabled": "always within_size advise [never] deny\n",
    "/sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "/sys/devices/system/node/online": "0\n",
  ]

  /// A file system that holds exactly these files.
  static func system(_ files: [String: String]) -> SystemFiles {
    SystemFiles(
      text: { files[$0] },
      names: { directory in
        let inside = files.keys.filter { $0.hasPrefix(directory + "/") }
        let names = inside.compactMap { path in
          path.dropFirst(directory.count + 1).split(separator: "/").first.map(String.init)
        }
        return Set(names).sorted()
      })
  }

  static func sources(_ files: [String: String] = files) -> MachineSources {
    MachineSources(
      files: system(files), hypervisorSignature: "KVMKVMKVM", pageBytes: 4096, libc: "glibc 2.36",
      libpmem: "1.1", compiler: "swift 6.3, clang", build: "debug")
  }

  static let extra = [
    MachineFact("isa", "avx2"), MachineFact("flush_instruction", "clwb"),
    MachineFact("reference_hash", "abc"),
  ]
}
