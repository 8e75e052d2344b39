import CHost
import Glibc

/// Everything that the facts of a machine are derived from; tests put literals in its place.
struct MachineSources: Sendable {
  var files: SystemFiles
  /// The hypervisor's signature, "" on bare metal, nil when the CPU cannot tell.
  var hypervisorSignature: String?
  var pageBytes: Int
  var libc: String?
  var libpmem: String?
  var compiler: String
  var build: String

  /// The running system.
  static func live() -> MachineSources {
    MachineSources(
      files: .live, hypervisorSignature: readHypervisorSignature(),
      pageBytes: sysconf(Int32(_SC_PAGESIZE)), libc: BuildFacts.libc, libpmem: BuildFacts.libpmem,
      compiler: BuildFacts.compiler, build: BuildFacts.configuration)
  }

  /// The hypervisor's usual name; `none` on bare metal.
  var hypervisor: String? {
    guard let signature = hypervisorSignature else { return nil }
    let names = [
      "": "none", "KVMKVMKVM": "kvm", "Microsoft Hv": "hyperv", "VMwareVMware": "vmware",
      "XenVMMXenVMM": "xen", "TCGTCGTCGTCG": "tcg", "bhyve bhyve": "bhyve",
    ]
    return names[trimmed(signature)] ?? MachineClass.slug(signature)
  }
}

private func readHypervisorSignature() -> String? {
  var bytes = [CChar](repeating: 0, count: 13)
  // SAFETY: the function writes the 13 bytes that the array owns.
  let known = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
    unsafe buffer.baseAddress.map { unsafe chost_hypervisor_signature($0) } ?? 0
  }
  guard known != 0 else { return nil }
  return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
