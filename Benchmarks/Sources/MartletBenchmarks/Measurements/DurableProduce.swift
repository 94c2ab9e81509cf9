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

    /// What is promised of it.
    static var durableTargets: [Measurement] { [durableRoundTrip, sharing] }

    private static func durable(
        _ name: String, connections: Int, partitions: Int = 1, target: Target? = nil
    ) -> Measurement {
        let load = DurableLoad(connections: connections, partitions: partitions)
        let place = partitions == 1 ? "1 partition" : "\(partitions) partitions"
        let who = connections == 1 ? "1 connection" : "\(connections) connections"
        return Measurement(
            name: name, title: "durable 1 KiB records one by one, \(who), \(place)", unit: "records/s",
            target: target, figures: Figure.ofDurableWork
        ) { (side, bench) throws(Failure) in
            try load.run(side, bench)
        }
    }

    /// How many more connections one disk serves when their syncs are shared.
    private static var sharing: Measurement {
        Measurement(
            name: "durable-sharing", title: "durable 1 KiB records, 100 connections against 1",
            unit: "records/s", target: .ratioAtLeast(20), baselineIsBroker: true,
            figures: Figure.ofDurableWork
        ) { (side, bench) throws(Failure) in
            try DurableLoad(connections: side == .martlet ? 100 : 1, partitions: 1).run(.martlet, bench)
        }
    }

    /// The wait of one producer, beside the time of its two parts: the disk's, and that of an echo.
    private static var durableRoundTrip: Measurement {
        Measurement(
            name: "durable-round-trip", title: "durable produce round trip p50, 1 KiB, 1 connection",
            unit: "µs", target: .ratioAtMost(1.5), figures: [.slow, .disk, .echo]
        ) { (side, bench) throws(Failure) in
            try DurableRoundTrip.run(side, bench)
        }
    }
}

extension Figure {
    fileprivate static let disk = Figure(name: "pwrite + fdatasync, p50", detail: "disk_p50_us", unit: "µs")
    fileprivate static let echo = Figure(name: "echo, p50", detail: "echo_p50_us", unit: "µs")
}

/// One request in flight on one connection, with a processor each for client and server.
private enum DurableRoundTrip {
    private static let recordBytes = 1024
    /// With the header and framing of a batch of one record.
    private static let batchBytes = 1100

    static func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        if side == .martlet {
            let broker = try bench.startBroker(
                durability: "sync", partitions: 1, on: bench.machine.allButLast)
            let report = try latency(of: broker, bench)
            return Sample(value: try report.figure("p50_us"), details: report.figures)
        }
        let directory = try RunDirectory(in: bench.options.workDirectory)
        let disk = try bench.runFloor([
            "sync", "--dir", directory.path, "--seconds", "1", "--bytes", "\(batchBytes)",
        ])
        let echo = try latency(of: try bench.startFloor(["echo"], on: bench.machine.allButLast), bench)
        var details: [String: Double] = [:]
        for detail in [Figure.median.detail, Figure.slow.detail] {
            details[detail] = try disk.figure(detail) + echo.figure(detail)
        }
        details[Figure.disk.detail] = try disk.figure("p50_us")
        details[Figure.echo.detail] = try echo.figure("p50_us")
        details[Sample.othersShare] = try echo.figure(Sample.othersShare)
        return Sample(value: details[Figure.median.detail] ?? .nan, details: details)
    }

    private static func latency(of server: Bench.Server, _ bench: Bench) throws(Failure) -> LoadReport {
        let arguments = [
            "--record", "\(recordBytes)", "--count", "\(bench.options.roundTrips)", "--seconds", "3",
        ]
        return try bench.load("latency", arguments, of: server, on: bench.machine.last)
    }
}

/// One record in a request, one request in flight on each connection, every answer after a sync.
private struct DurableLoad {
    let connections: Int
    let partitions: Int

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
        return try DurableWork(
            mode: "produce",
            arguments: [
                "--partitions", "\(partitions)", "--connections", "\(connections)", "--depth", "1", "--batch",
                "0",
            ]
        ).sample(of: server, bench)
    }
}
