import CSupervision

extension Measurement {
    /// How many records get in that come one at a time and are answered when they are on the disk.
    static var durableProduce: [Measurement] {
        [
            durable("durable-1", connections: 1),
            durable("durable-10", connections: 10),
            durable("durable-100", connections: 100, target: .ratioAtLeast(0.5)),
            durable("durable-100-20", connections: 100, partitions: 20),
        ]
    }

    private static func durable(
        _ name: String, connections: Int, partitions: Int = 1, target: Target? = nil
    ) -> Measurement {
        let load = DurableLoad(connections: connections, partitions: partitions)
        let place = partitions == 1 ? "1 partition" : "\(partitions) partitions"
        let who = connections == 1 ? "1 connection" : "\(connections) connections"
        return Measurement(
            name: name, title: "durable 1 KiB records one by one, \(who), \(place)", unit: "records/s",
            target: target, figures: [.median, .slow, .flushes, .perFlush, .processor]
        ) { (side, bench) throws(Failure) in
            try load.run(side, bench)
        }
    }
}

extension Figure {
    fileprivate static let flushes = Figure(name: "disk flushes", detail: "flushes_per_second", unit: "/s")
    fileprivate static let perFlush = Figure(name: "records a flush", detail: "records_per_flush", unit: "")
    fileprivate static let processor = Figure(name: "CPU", detail: "cpu_us_per_record", unit: "µs/record")
}

/// One record in a request, one request in flight on each connection, every answer after a sync.
private struct DurableLoad {
    let connections: Int
    let partitions: Int

    private static let seconds = 2

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let processors = bench.machine.allButLast
        let server =
            switch side {
            case .baseline:
                try bench.startFloor(
                    [
                        "produce", "--files", "\(partitions)", "--durability", "group",
                        "--prewritten", partitions == 1 ? "64m" : "16m",
                    ], on: processors
                )
            case .martlet:
                try bench.startBroker(durability: "sync", partitions: partitions, on: processors)
            }
        let common = [
            "--partitions", "\(partitions)", "--connections", "\(connections)", "--depth", "1", "--batch",
            "0",
        ]
        _ = try bench.load("produce", common + ["--seconds", "1"], of: server, on: bench.machine.last)
        let before = supervision_flushes(bench.options.workDirectory)
        var report = try bench.load(
            "produce", common + ["--seconds", "\(Self.seconds)"], of: server, on: bench.machine.last)
        let flushes = Double(supervision_flushes(bench.options.workDirectory) - before)
        let records = try report.figure("records")
        let seconds = try report.figure("seconds")
        if before >= 0 && flushes > 0 {
            report.add("flushes_per_second", flushes / seconds)
            report.add("records_per_flush", records / flushes)
        }
        report.add("cpu_us_per_record", try report.figure("server_cpu_seconds") / records * 1e6)
        return Sample(value: records / seconds, details: report.figures)
    }
}
