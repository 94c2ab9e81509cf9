import CSupervision

extension Measurement {
    /// What a long produce takes of the machine's memory. Where a run has 1 GiB, it is 20 GiB.
    static var memory: [Measurement] {
        [
            Measurement(
                name: "memory", title: "resident memory at most, produce of 20 runs' bytes", unit: "MB",
                target: .valueAtMost(100), sides: [.martlet],
                figures: [.cache.promised(.valueAtMost(windowMegabytes)), .cacheMean, .produced, .rate],
                mostRuns: 1
            ) { (_, bench) throws(Failure) in
                try LongProduce.run(bench)
            }
        ]
    }

    /// `martlet.page.cache.window.bytes`, as it is by default.
    private static let windowMegabytes = Double(64 << 20) / 1e6
}

extension Figure {
    fileprivate static let cache = Figure(
        name: "page cache of the log, at most", detail: "cache_peak_mb", unit: "MB")
    fileprivate static let cacheMean = Figure(
        name: "page cache of the log, mean", detail: "cache_mean_mb", unit: "MB")
    fileprivate static let produced = Figure(name: "produced", detail: "gigabytes", unit: "GB")
    fileprivate static let rate = Figure(name: "throughput", detail: "mb_per_second", unit: "MB/s")
}

private enum LongProduce {
    static func run(_ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(durability: "os", partitions: 1, on: bench.machine.allButLast)
        let bytes = bench.options.bytes * 20
        var seen: [Double] = []
        var report = try bench.load(
            "produce", ["--bytes", "\(bytes)"], of: server, on: bench.machine.last,
            within: bench.timeout(moving: bytes)
        ) {
            let cached = supervision_cached_bytes(server.directory.path)
            if cached >= 0 { seen.append(Double(cached) / 1e6) }
        }
        report.add(Figure.cache.detail, seen.max() ?? .nan)
        report.add(Figure.cacheMean.detail, seen.reduce(0, +) / Double(max(1, seen.count)))
        report.add("looks", Double(seen.count))
        report.add(Figure.produced.detail, try report.figure("bytes") / 1e9)
        return Sample(value: server.peakMegabytes, details: report.figures)
    }
}
