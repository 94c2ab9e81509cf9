extension Measurement {
    /// How fast batches of up to 1 MiB get in: read from the socket, checked, written, answered.
    static var produce: [Measurement] {
        [
            throughput("produce", "1 KiB records, 1 partition, os", ProduceLoad()),
            throughput(
                "produce-12", "1 KiB records, 12 partitions, os",
                ProduceLoad(partitions: 12, connections: 4)),
            recordSize,
            throughput("produce-sync", "1 KiB records, 1 partition, sync", ProduceLoad(durability: "sync")),
            throughput(
                "produce-sync-12", "1 KiB records, 12 partitions, sync",
                ProduceLoad(partitions: 12, connections: 4, durability: "sync")),
        ]
    }

    /// Promised is what it costs, see `recordSize`.
    static var smallRecords: Measurement {
        throughput("produce-100b", "100 B records, 1 partition, os", ProduceLoad(recordBytes: 100))
    }

    private static func throughput(_ name: String, _ title: String, _ load: ProduceLoad) -> Measurement {
        let isSynced = load.durability == "sync"
        return Measurement(
            name: name, title: "produce \(title)", unit: "MB/s",
            target: .ratioAtLeast(isSynced ? 0.8 : 0.75),
            figures: [isSynced ? .cpuPerGigabyte : .cpuPerGigabyte.promised(.ratioAtMost(1.4))]
        ) { (side, bench) throws(Failure) in
            switch side {
            case .baseline: try load.runFloor(bench)
            case .martlet: try load.runBroker(bench)
            }
        }
    }

    /// Shows whatever is done for each record: the bytes are the same, the records ten times as many.
    private static var recordSize: Measurement {
        Measurement(
            name: "produce-record-size", title: "CPU to produce 100 B records, against 1 KiB", unit: "s/GB",
            target: .ratioAtMost(1.1), baselineIsBroker: true
        ) { (side, bench) throws(Failure) in
            var sample = try ProduceLoad(recordBytes: side == .martlet ? 100 : 1024).runBroker(bench)
            sample.value = sample.details[Figure.cpuPerGigabyte.detail] ?? .nan
            return sample
        }
    }
}

/// What is produced, and how.
private struct ProduceLoad {
    var partitions = 1
    var connections = 1
    var recordBytes = 1024
    var durability = "os"

    /// When the floor starts write-back, and beyond what it gives pages back. The best depends on the disk
    /// and on what else the machine does, so all are tried in each run, and the best counts.
    private static let policies = [("4m", "16m"), ("8m", "32m"), ("16m", "64m")]

    func runBroker(_ bench: Bench) throws(Failure) -> Sample {
        try run(
            on: try bench.startBroker(
                durability: durability, partitions: partitions, on: bench.machine.allButLast), bench)
    }

    /// The best that the C program reaches.
    func runFloor(_ bench: Bench) throws(Failure) -> Sample {
        let arguments = ["produce", "--files", "\(partitions)", "--durability", durability]
        if durability == "sync" {
            return try run(on: try bench.startFloor(arguments, on: bench.machine.allButLast), bench)
        }
        var best: Sample?
        for (writeBack, window) in Self.policies {
            let policy = ["--write-back", writeBack, "--window", window]
            let floor = try bench.startFloor(arguments + policy, on: bench.machine.allButLast)
            let sample = try run(on: floor, bench)
            if sample.value > best?.value ?? 0 { best = sample }
            bench.settle()
        }
        guard let best else { throw .failed("the floor moved nothing") }
        return best
    }

    private func run(on server: Bench.Server, _ bench: Bench) throws(Failure) -> Sample {
        // A sync after each batch makes it slow.
        let bytes = bench.options.bytes / (durability == "sync" ? 4 : 1)
        let arguments = [
            "--partitions", "\(partitions)", "--connections", "\(connections)", "--depth", "5",
            "--record", "\(recordBytes)", "--bytes", "\(bytes)", "--warm", "\(bytes / 8)",
        ]
        let report = try bench.load("produce", arguments, of: server, on: bench.machine.last)
        return try Sample(throughputOf: report)
    }
}

extension Sample {
    /// A run that moved bytes.
    init(throughputOf report: LoadReport) throws(Failure) {
        let gigabytes = try report.figure("bytes") / 1e9
        let cpu = try report.figure("server_cpu_seconds") / gigabytes
        self.init(value: try report.figure("mb_per_second"), details: report.figures)
        details[Figure.cpuPerGigabyte.detail] = cpu
    }
}
