// swift-tools-version: 6.2
import PackageDescription

/// The C programs are Linux's own: epoll, sync_file_range, sendfile.
let c: [CSetting] = [
    .define("_GNU_SOURCE"),
    .unsafeFlags(["-Wall", "-Wextra", "-O3"]),
]

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "martlet-benchmarks",
    products: [
        .executable(name: "martlet-benchmarks", targets: ["MartletBenchmarks"]),
        .executable(name: "martlet-floor", targets: ["Floor"]),
        .executable(name: "martlet-load", targets: ["Load"]),
    ],
    targets: [
        // What both C programs share: clocks, sockets, CRC-32C, record batches, frames.
        .target(name: "CBenchmarkBase", cSettings: c),
        // The physical minimum: what a broker cannot avoid, and nothing else.
        .executableTarget(name: "Floor", dependencies: ["CBenchmarkBase"], cSettings: c),
        // The load generator that drives the broker and the floor alike.
        .executableTarget(name: "Load", dependencies: ["CBenchmarkBase"], cSettings: c),
        // Starting, watching and ending processes, for the runner.
        .target(name: "CSupervision", cSettings: c),
        // Runs everything and prints the table. It starts the two programs, so that building it builds them.
        .executableTarget(
            name: "MartletBenchmarks",
            dependencies: ["CSupervision", "Floor", "Load"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MartletBenchmarksTests",
            dependencies: ["MartletBenchmarks", "CBenchmarkBase"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
