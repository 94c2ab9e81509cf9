import CSupervision

extension Measurement {
    /// How fast batches get out.
    static var fetch: [Measurement] {
        [
            Measurement(
                name: "fetch", title: "fetch 1 MiB at a time, in the page cache", unit: "MB/s",
                target: .ratioAtLeast(0.9), figures: [.cpuPerGigabyte.promised(.ratioAtMost(1.3)), .cached]
            ) { (side, bench) throws(Failure) in
                try runHot(side, bench)
            },
            cold("fetch-cold", "1 consumer", partitions: 1),
            cold("fetch-cold-4", "4 consumers of 4 partitions", partitions: 4),
        ]
    }

    /// What is read again and again. The round before the measured ones brings it into the page cache.
    private static let hotBytes = 256 << 20

    private static func runHot(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
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
        var report = try bench.load("fetch", arguments, of: server, on: bench.machine.last)
        report.add(Figure.cached.detail, server.cachedMegabytes)
        return try Sample(throughputOf: report)
    }

    /// From the start to the end, once, when nothing of it is in the page cache; against a program that reads
    /// as much past the page cache.
    private static func cold(_ name: String, _ title: String, partitions: Int) -> Measurement {
        Measurement(
            name: name, title: "fetch 1 MiB at a time, not in the page cache, \(title)", unit: "MB/s",
            target: .ratioAtLeast(0.8), figures: [.cpuPerGigabyte, .cached], mostRuns: 3
        ) { (side, bench) throws(Failure) in
            let bytes = bench.options.bytes * 2
            if side == .baseline {
                let directory = try RunDirectory(in: bench.options.workDirectory)
                return try Sample(
                    throughputOf: try bench.runFloor(["read", "--dir", directory.path, "--bytes", "\(bytes)"])
                )
            }
            let server = try bench.startBroker(
                durability: "os", partitions: partitions, on: bench.machine.allButLast)
            let produced = try bench.load(
                "produce", ["--bytes", "\(bytes)", "--partitions", "\(partitions)"], of: server,
                on: bench.machine.last)
            try bench.forget(server.directory)
            let cached = server.cachedMegabytes
            let arguments = [
                "--connections", "\(partitions)", "--partitions", "\(partitions)", "--max-bytes", "1m",
                "--once", "1", "--bytes", "\(Int(try produced.figure("bytes")))",
            ]
            var report = try bench.load("fetch", arguments, of: server, on: bench.machine.last)
            report.add(Figure.cached.detail, cached)
            return try Sample(throughputOf: report)
        }
    }
}

extension Figure {
    /// Of the hot log when all was read, of the cold one before: whether the row is what it says.
    fileprivate static let cached = Figure(name: "log in the page cache", detail: "cached_mb", unit: "MB")
}

extension Bench.Server {
    /// What of the log lies in the page cache now.
    fileprivate var cachedMegabytes: Double { Double(supervision_cached_bytes(directory.path)) / 1e6 }
}
