public import Record

/// The class of machines whose stored ratios may be compared.
///
/// Kernels scale differently across microarchitectures, cache sizes, core counts and hypervisors,
/// so all of these decide. Kernel release, microcode, clock, memory and settings do not: a change
/// of those makes a comparison advisory, but does not start a new baseline.
public struct MachineClass: Equatable, Sendable {
  /// The facts that decide, in the order in which they are hashed.
  public static let factNames = [
    "cpu_vendor", "cpu_family", "cpu_model", "cpu_stepping", "l1d_bytes", "l2_bytes", "llc_bytes",
    "cores", "hypervisor", "isa", "flush_instruction",
  ]

  /// FNV-1a of `name=value` lines of the deciding facts, sixteen hexadecimal digits.
  public let hash: String
  /// A folder name for people, ending in eight digits of the hash: `amd-25-1-1-2c-avx2-clwb-kvm-…`.
  public let name: String

  /// The class of a machine with these facts; a fact that is missing counts as `unknown`.
  public init(facts: [MachineFact]) {
    func value(_ name: String) -> String { facts.first { $0.name == name }?.value ?? unknown }
    hash =
      FNV1a(Self.factNames.map { "\($0)=\(value($0))\n" }.joined()).hexadecimal
    let vendors = ["AuthenticAMD": "amd", "GenuineIntel": "intel", "HygonGenuine": "hygon"]
    let vendor = value("cpu_vendor")
    name =
      [
        vendors[vendor] ?? vendor, value("cpu_family"), value("cpu_model"), value("cpu_stepping"),
        value("cores") + "c", value("isa"), value("flush_instruction"), value("hypervisor"),
      ].map(Self.slug).joined(separator: "-") + "-" + hash.prefix(8)
  }

  /// Lower-case letters, digits and single underscores, so that a value is one part of a name.
  static func slug(_ text: String) -> String {
    let parts = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return parts.isEmpty ? unknown : parts.joined(separator: "_")
  }
}
