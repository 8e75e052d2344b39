// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is fenced: raw memory is spelled `unsafe`, and forgetting it does not build.
let fenced: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatWarning("StrictMemorySafety", as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "daxmark",
  products: [
    .library(name: "HotCore", targets: ["HotCore"]),
    .library(name: "FSDAX", targets: ["FSDAX"]),
    .executable(name: "daxmark", targets: ["daxmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // C, as little as possible.
    .target(name: "CPersist"),
    .target(name: "CHost"),
    .systemLibrary(name: "CPmem", pkgConfig: "libpmem", providers: [.apt(["libpmem-dev"])]),
    .systemLibrary(name: "CNuma", pkgConfig: "numa", providers: [.apt(["libnuma-dev"])]),

    // What is measured.
    .target(
      name: "HotCore", dependencies: ["CPersist", "CHost", "CPmem", "CNuma"],
      swiftSettings: fenced),
    .target(name: "FSDAX", dependencies: ["HotCore"], swiftSettings: fenced),
    .target(name: "LiveFS", dependencies: ["HotCore", "CHost"], swiftSettings: fenced),

    // Plan ▶ Runner ▶ Record ▶ Verdict.
    .target(name: "Plan", swiftSettings: fenced),
    .target(name: "Record", dependencies: ["Plan"], swiftSettings: fenced),
    .target(name: "Verdict", dependencies: ["Plan", "Record"], swiftSettings: fenced),
    .target(
      name: "Runner",
      dependencies: ["Plan", "Record", "HotCore", "FSDAX", "LiveFS", "CHost"],
      swiftSettings: fenced),
    .target(
      name: "Suites", dependencies: ["Plan"], path: "Benchmarks/Suites", swiftSettings: fenced),
    .executableTarget(
      name: "daxmark",
      dependencies: [
        "Plan", "Record", "Verdict", "Runner", "Suites", "HotCore", "LiveFS", "CHost",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: fenced),

    .testTarget(name: "HotCoreTests", dependencies: ["HotCore", "CHost", "CPersist"]),
    .testTarget(name: "FSDAXTests", dependencies: ["FSDAX", "HotCore"]),
    .testTarget(name: "LiveFSTests", dependencies: ["LiveFS", "HotCore"]),
    .testTarget(name: "PlanTests", dependencies: ["Plan", "Suites"], exclude: ["Golden"]),
    .testTarget(
      name: "RecordTests", dependencies: ["Record", "Plan"], resources: [.copy("Golden")]),
    .testTarget(
      name: "VerdictTests", dependencies: ["Verdict", "Record", "Plan"],
      resources: [.copy("Golden")]),
    .testTarget(
      name: "RunnerTests",
      dependencies: ["Runner", "Plan", "Record", "Suites", "LiveFS", "daxmark"]),
    .testTarget(name: "CommandTests", dependencies: ["daxmark"], exclude: ["Regressions"]),
    .testTarget(name: "TidyTests"),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
