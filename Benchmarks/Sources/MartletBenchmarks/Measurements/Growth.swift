import CSupervision

extension Measurement {
    /// Whether a byte costs more where there is much else. The baseline is the same broker with little.
    static var growth: [Measurement] {
        [100, 1_000, 10_000].map(growth(partitions:)) + [growthRetained]
    }

    private static func growth(partitions: Int) -> Measurement {
        let count = partitions < 1_000 ? "\(partitions)" : "\(partitions / 1_000),000"
        return Measurement(
            name: "growth-partitions-\(partitions)",
            title: "CPU to produce 64 KiB batches to \(count) partitions, against 1", unit: "s/GB",
            target: .ratioAtMost(1.3), baselineIsBroker: true,
            figures: [.fetchCPU.promised(.ratioAtMost(1.3)), .produceRate, .fetchRate, .peakMemory],
            mostRuns: partitions > 1_000 ? 1 : 3, takesLong: partitions > 1_000
        ) { (side, bench) throws(Failure) in
            try Growth.overPartitions(side == .martlet ? partitions : 1, bench)
        }
    }

    /// The baseline has 1 MB; the other 100 runs' bytes, 100 GiB where a run has 1 GiB. They are produced
    /// through the broker. What lies in closed segments behind the first and before the last batches is then
    /// taken off the disk: the files keep their length, and have holes.
    private static var growthRetained: Measurement {
        Measurement(
            name: "growth-retained", title: "CPU to produce to a log of 100 runs' bytes, against 1 MB",
            unit: "s/GB", target: .ratioAtMost(1.3), baselineIsBroker: true,
            figures: [
                .fetchCPU.promised(.ratioAtMost(1.3)), .retained, .ready, .produceRate, .fetchRate,
                .peakMemory,
            ], mostRuns: 1, takesLong: true
        ) { (side, bench) throws(Failure) in
            try Growth.overRetained(side == .martlet ? bench.options.bytes * 100 : 1_000_000, bench)
        }
    }
}

extension Figure {
    fileprivate static let fetchCPU = Figure(
        name: "CPU to fetch", detail: "fetch_cpu_seconds_per_gb", unit: "s/GB")
    fileprivate static let produceRate = Figure(name: "produce", detail: "mb_per_second", unit: "MB/s")
    fileprivate static let fetchRate = Figure(name: "fetch", detail: "fetch_mb_per_second", unit: "MB/s")
    fileprivate static let retained = Figure(name: "retained", detail: "retained_gb", unit: "GB")
    fileprivate static let ready = Figure(name: "ready after a clean stop", detail: "ready_ms", unit: "ms")
}

private enum Growth {
    private static let batch = 64 << 10
    /// With so many partitions a full round over them is warm-up enough.
    private static let warmBytes = 64 << 20
    /// Runs' bytes that are produced. With more, the page cache of many partitions takes memory that the
    /// machine has not touched before, and its page faults are what is measured.
    private static let producedRuns = 2
    private static let fetchRounds = 3
    /// Within ten seconds a broker syncs what it has written with `os`, each partition by itself.
    private static let syncSeconds = 11.0

    static func overPartitions(_ partitions: Int, _ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(
            durability: "os", partitions: partitions, on: bench.machine.allButLast)
        return try measure(server, partitions: partitions, after: 0, bench)
    }

    static func overRetained(_ bytes: Int, _ bench: Bench) throws(Failure) -> Sample {
        let settings = ["martlet.durability=os", "log.segment.bytes=\(256 << 20)"]
        let first = try bench.startBroker(settings, on: bench.machine.allButLast)
        _ = try bench.load("create-topic", [], of: first, on: 0)
        var segments = SparseSegments(of: "bench-0", in: first.directory.path)
        let report = try bench.load(
            "produce", ["--bytes", "\(bytes)"], of: first, on: bench.machine.last,
            within: bench.timeout(moving: bytes)
        ) {
            segments.thin()
        }
        segments.thin()
        _ = try first.child.stop(within: 120)
        bench.settle()
        let server = try bench.startBroker(settings, on: bench.machine.allButLast, in: first.directory)
        var sample = try measure(server, partitions: 1, after: try report.figure("records"), bench)
        sample.details[Figure.retained.detail] = try report.figure("bytes") / 1e9
        sample.details[Figure.ready.detail] = server.secondsToReady * 1e3
        return sample
    }

    /// Produces, and fetches what was produced last, as much as stays in the page cache. `before` is the
    /// number of records that were there.
    private static func measure(
        _ server: Bench.Server, partitions: Int, after before: Double, _ bench: Bench
    ) throws(Failure) -> Sample {
        let shape = ["--partitions", "\(partitions)", "--connections", "4"]
        let produce = shape + ["--batch", "\(batch)", "--bytes"]
        let warm = max(warmBytes, partitions * batch)
        // What a partition costs once, at its first records, is no cost of a byte.
        var report = try bench.load("produce", produce + ["\(warm)"], of: server, on: bench.machine.last)
        var records = try before + report.figure("records")
        try bench.awaitRest(of: server)
        let cpu = supervision_cpu_seconds(server.child.process)
        report = try bench.load(
            "produce", produce + ["\(bench.options.bytes * producedRuns)"], of: server,
            on: bench.machine.last)
        // What was written is synced later: that belongs to it, and not to what is fetched.
        try bench.awaitRest(of: server, quietFor: syncSeconds)
        var produced = try Sample(throughputOf: report)
        produced.details[Figure.cpuPerGigabyte.detail] =
            try (supervision_cpu_seconds(server.child.process) - cpu) / (report.figure("bytes") / 1e9)

        records += try report.figure("records")
        let newest = try Double(warmBytes) / report.figure("bytes") * report.figure("records")
        let fetch =
            shape + [
                "--rotate", partitions > 1 ? "1" : "0", "--max-bytes", "\(batch)", "--offset",
                partitions > 1 ? "0" : "\(Int(max(before, records - newest)))",
                "--bytes", "\(bench.options.bytes)", "--warm", "\(warm)",
            ]
        var fetched: [Sample] = []
        for _ in 0..<(bench.options.isQuick ? 1 : fetchRounds) {
            report = try bench.load("fetch", fetch, of: server, on: bench.machine.last)
            fetched.append(try Sample(throughputOf: report))
        }
        return summary(produced, fetched, peak: server.peakMegabytes)
    }

    private static func summary(_ produced: Sample, _ fetched: [Sample], peak: Double) -> Sample {
        func middle(_ values: [Double?]) -> Double {
            Summary(values.compactMap(\.self))?.median ?? .nan
        }
        let cpu = Figure.cpuPerGigabyte.detail
        return Sample(
            value: produced.details[cpu] ?? .nan,
            details: [
                Figure.produceRate.detail: produced.value,
                Figure.fetchRate.detail: middle(fetched.map(\.value)),
                Figure.fetchCPU.detail: middle(fetched.map { $0.details[cpu] }),
                Figure.peakMemory.detail: peak,
                Sample.othersShare: produced.details[Sample.othersShare] ?? .nan,
            ])
    }
}
