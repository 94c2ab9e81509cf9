extension Measurement {
    /// How fast batches get out that lie in the page cache, against sendfile.
    static var fetch: [Measurement] {
        [
            Measurement(
                name: "fetch", title: "fetch 1 MiB at a time, in the page cache", unit: "MB/s",
                target: .ratioAtLeast(0.9), figures: [.cpuPerGigabyte.promised(.ratioAtMost(1.3))]
            ) { (side, bench) throws(Failure) in
                try runFetch(side, bench)
            }
        ]
    }

    /// What is read again and again. The round before the measured ones brings it into the page cache.
    private static let hotBytes = 256 << 20

    private static func runFetch(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let processors = bench.machine.allButLast
        let server: Bench.Server
        switch side {
        case .baseline:
            server = try bench.startFloor(["fetch", "--bytes", "\(hotBytes)"], on: processors)
        case .martlet:
            server = try bench.startBroker(durability: "os", partitions: 1, on: processors)
            _ = try bench.load("produce", ["--bytes", "\(hotBytes)"], of: server, on: bench.machine.last)
        }
        // Several consumers keep the server at work. A single one would measure how long a sleeping processor
        // takes to wake up.
        let connections = 4
        let arguments = [
            "--connections", "\(connections)", "--max-bytes", "1m", "--bytes", "\(bench.options.bytes * 4)",
            "--warm", "\(hotBytes * connections)",
        ]
        let report = try bench.load("fetch", arguments, of: server, on: bench.machine.last)
        return try Sample(throughputOf: report)
    }
}
