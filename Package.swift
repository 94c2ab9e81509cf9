// swift-tools-version: 6.2
import PackageDescription

/// Every target: explicit imports, explicit existentials, and `nonisolated(nonsending)` by default, as
/// Swift's next language mode will have them.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing = Target.Dependency.product(
    name: "InMemoryTracing", package: "swift-distributed-tracing")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

/// A program of Sources/Examples, on what any service would use.
func example(_ name: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["Martlet", "MartletJSON", argumentParser, logging, serviceLifecycle, unixSignals],
        path: "Sources/Examples/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "martlet",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "martlet", targets: ["MartletCLI"]),
        .library(name: "Martlet", targets: ["Martlet"]),
        .library(name: "MartletJSON", targets: ["MartletJSON"]),
        .library(name: "MartletBroker", targets: ["MartletBroker"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
    ],
    dependencies: [
        // Event loops, sockets, sendfile: the hot path runs inside its channel handlers.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // TLS for connections to brokers: BoringSSL as a channel handler, no library of the system needed.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        // SHA-2 and HMAC, for SCRAM.
        .package(url: "https://github.com/apple/swift-crypto", "3.12.0"..<"5.0.0"),
        // The logging API of server-side Swift; services that embed us choose the backend.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        // The metrics API of server-side Swift; the process chooses where the figures go.
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // The tracing API of server-side Swift; the process chooses the tracer.
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        // Start-up, graceful shutdown and signals shared with the services that embed us.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Commands, flags, help and shell completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        // Deque for bounded queues.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // Latencies of `martlet bench`: three digits over any range, in memory that does not grow.
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        // System libraries: module maps only.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        // CRC-32C with the processor's own instruction, chosen at run time.
        .target(name: "CCRC32C"),

        .target(name: "MartletCore", dependencies: ["CCRC32C"], swiftSettings: strict),
        .target(name: "MartletWire", dependencies: ["MartletCore"], swiftSettings: strict),
        .target(
            name: "MartletRecords",
            dependencies: ["MartletCore", "CZlib", "CLZ4", "CZstd", "CSnappy"],
            swiftSettings: strict
        ),
        .target(name: "MartletLog", dependencies: ["MartletCore", "MartletRecords"], swiftSettings: strict),
        .target(
            name: "MartletCoordination",
            dependencies: ["MartletCore", "MartletWire", "MartletRecords", "CPCRE2"],
            swiftSettings: strict),
        // A disk that can lose power: for tests, and for brokers that keep nothing.
        .target(
            name: "MartletSimulation", dependencies: ["MartletCore", "MartletLog"], swiftSettings: strict),
        .target(
            name: "MartletTransport",
            dependencies: ["MartletCore", "MartletWire", nioCore, nioPosix, nioTLS, nioSSL, logging],
            swiftSettings: strict
        ),
        .target(
            name: "MartletBroker",
            dependencies: [
                "MartletCore", "MartletWire", "MartletRecords", "MartletLog", "MartletCoordination",
                "MartletTransport", nioCore, nioPosix, logging, metrics, serviceLifecycle, dequeModule,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Martlet",
            dependencies: [
                "MartletCore", "MartletWire", "MartletRecords", "MartletTransport",
                nioCore, nioPosix, nioSSL, crypto, logging, dequeModule, metrics, tracing, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        // Topics of JSON: apart, since it brings Foundation with it.
        .target(name: "MartletJSON", dependencies: ["Martlet", "MartletCore"], swiftSettings: strict),
        // A broker inside a test, in memory or on disk.
        .target(
            name: "MartletTesting",
            dependencies: ["Martlet", "MartletBroker", "MartletCore", "MartletSimulation", logging],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "MartletCLI",
            dependencies: [
                "Martlet", "MartletBroker", "MartletCore", "MartletLog", "MartletRecords",
                argumentParser, logging, serviceLifecycle, unixSignals, histogram,
            ],
            swiftSettings: strict
        ),

        // Services to read and to run.
        example("OrderService"),
        example("WorkQueue"),
        example("Invoicing"),

        .testTarget(name: "MartletCoreTests", dependencies: ["MartletCore"], swiftSettings: strict),
        .testTarget(
            name: "MartletWireTests", dependencies: ["MartletWire", "MartletCore"],
            // Read by their path.
            exclude: ["Captured"], swiftSettings: strict
        ),
        .testTarget(
            name: "MartletRecordsTests", dependencies: ["MartletRecords", "MartletCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MartletLogTests",
            dependencies: ["MartletLog", "MartletRecords", "MartletCore", "MartletSimulation"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MartletCoordinationTests",
            dependencies: ["MartletCoordination", "MartletCore", "MartletRecords", "MartletWire"],
            swiftSettings: strict
        ),
        // Transactions as their clients see them: logs, coordinators, network and faults from one seed.
        .testTarget(
            name: "MartletTransactionTests",
            dependencies: [
                "MartletCoordination", "MartletCore", "MartletLog", "MartletRecords", "MartletSimulation",
                "MartletWire",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MartletBrokerTests",
            dependencies: [
                "MartletBroker", "MartletCore", "MartletLog", "MartletRecords", "MartletSimulation",
                "MartletTesting", "MartletTransport", "MartletWire", logging, nioCore, nioPosix,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MartletTests",
            dependencies: [
                "Martlet", "MartletBroker", "MartletCore", "MartletRecords", "MartletTesting",
                "MartletTransport", "MartletJSON",
                "MartletWire", nioCore, nioPosix, nioSSL, crypto, logging, metrics, metricsTestKit, tracing,
                inMemoryTracing, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        // The examples as they run, and every piece of Swift in the documentation as it compiles.
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "OrderService", "WorkQueue", "Invoicing", "Martlet", "MartletJSON", "MartletTesting", logging,
                serviceLifecycle, tracing, unixSignals,
            ],
            swiftSettings: strict
        ),
        // The client behind a proxy that reads the protocol and breaks it: errors, cuts, delays, two faces.
        .testTarget(
            name: "MartletFaultTests",
            dependencies: [
                "Martlet", "MartletBroker", "MartletCore", "MartletRecords", "MartletTesting",
                "MartletTransport", "MartletWire", nioCore, nioPosix,
            ],
            swiftSettings: strict
        ),
        // A producer and a reader of numbered records, for tests that hurt the release binary.
        .executableTarget(
            name: "martlet-client-check", dependencies: ["Martlet"], path: "Tests/ClientCheck",
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
        .testTarget(
            name: "MartletCLITests",
            dependencies: [
                "MartletCLI", "Martlet", "MartletLog", "MartletRecords", "MartletCore", "MartletTesting",
                argumentParser, logging, histogram,
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
