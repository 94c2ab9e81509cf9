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
        .executable(name: "martlet-client-load", targets: ["ClientLoad"]),
        .executable(name: "martlet-rdkafka-load", targets: ["RdkafkaLoad"]),
    ],
    dependencies: [
        // What is measured, as its users get it.
        .package(name: "martlet", path: "..")
    ],
    targets: [
        // What both C programs share: clocks, sockets, CRC-32C, record batches, frames.
        .target(name: "CBenchmarkBase", cSettings: c),
        // The physical minimum: what a broker cannot avoid, and nothing else.
        .executableTarget(name: "Floor", dependencies: ["CBenchmarkBase"], cSettings: c),
        // The load generator that drives the broker and the floor alike.
        .executableTarget(name: "Load", dependencies: ["CBenchmarkBase"], cSettings: c),
        // What both clients' programs share: their arguments, their values, what they report, and a count of
        // allocations.
        .target(name: "CClientLoad", dependencies: ["CBenchmarkBase"], cSettings: c),
        // Martlet's client under load.
        .executableTarget(
            name: "ClientLoad",
            dependencies: ["CClientLoad", .product(name: "Martlet", package: "martlet")],
            swiftSettings: strict,
            // The counting allocator stands in front of the C library's for shared libraries too.
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--export-dynamic-symbol=*alloc*", "-Xlinker",
                    "--export-dynamic-symbol=*memalign",
                ])
            ]
        ),
        // librdkafka under the same load.
        .executableTarget(
            name: "RdkafkaLoad",
            dependencies: ["CClientLoad", "CBenchmarkBase"],
            cSettings: c,
            linkerSettings: [
                .linkedLibrary("dl"),
                .unsafeFlags([
                    "-Xlinker", "--export-dynamic-symbol=*alloc*", "-Xlinker",
                    "--export-dynamic-symbol=*memalign",
                ]),
            ]
        ),
        // Starting, watching and ending processes, for the runner.
        .target(name: "CSupervision", cSettings: c),
        // Runs everything and prints the table. It starts the two programs, so that building it builds them.
        .executableTarget(
            name: "MartletBenchmarks",
            dependencies: ["CSupervision", "Floor", "Load", "ClientLoad", "RdkafkaLoad"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MartletBenchmarksTests",
            dependencies: ["MartletBenchmarks", "CBenchmarkBase", "CClientLoad"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
