// swift-tools-version: 6.2
import PackageDescription

/// The hot path is for the package alone: this one poses as it, so that nothing becomes public only to be
/// measured. SwiftPM names a package after its folder, in lower case, unless `packageAccess` says not to.
let measured = Context.packageDirectory.split(separator: "/").dropLast(2).last.map(String.init) ?? "martlet"
let packageName = String(
    measured.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .unsafeFlags(["-package-name", packageName]),
]

let package = Package(
    name: "martlet-micro",
    platforms: [.macOS(.v15)],
    dependencies: [
        // What is measured.
        .package(name: "martlet", path: "../.."),
        // Samples, percentiles, comparisons. Without its interposers: they would be in the figures, and count
        // nothing here.
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
    ],
    targets: [
        // The same work by the C libraries' own functions, a count of allocations, a switch for valgrind.
        .target(
            name: "CCounterparts",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-O3"])],
            linkerSettings: [
                .linkedLibrary("z"), .linkedLibrary("lz4"), .linkedLibrary("zstd"), .linkedLibrary("snappy"),
            ]
        ),
        // What is measured, one by one.
        .target(
            name: "Operations",
            dependencies: ["CCounterparts", .product(name: "_MartletHotPath", package: "martlet")],
            packageAccess: false, swiftSettings: swift
        ),
        // Time, throughput, allocations, and the ratio to the counterpart in C.
        .executableTarget(
            name: "HotPath",
            dependencies: [
                "CCounterparts", "Operations", .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/HotPath", packageAccess: false,
            swiftSettings: swift,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        // Instructions, counted by valgrind.
        .executableTarget(
            name: "martlet-instructions",
            dependencies: ["CCounterparts", "Operations"],
            path: "Sources/Instructions", packageAccess: false,
            swiftSettings: swift
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
