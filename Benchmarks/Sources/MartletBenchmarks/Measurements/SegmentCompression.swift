import CSupervision

extension Measurement {
    /// What it brings, and costs, that sealed segments are rewritten into large compressed batches. The
    /// baseline is the same broker with `martlet.segment.compression=none`.
    static var segmentCompression: [Measurement] {
        [
            compression("compress-1-gzip", codec: "gzip", eventsPerBatch: 1, target: .ratioAtMost(0.25)),
            compression("compress-1-zstd", codec: "zstd", eventsPerBatch: 1),
            compression("compress-10-gzip", codec: "gzip", eventsPerBatch: 10),
            compression("compress-10-zstd", codec: "zstd", eventsPerBatch: 10),
        ]
    }

    private static func compression(
        _ name: String, codec: String, eventsPerBatch: Int, target: Target? = nil
    ) -> Measurement {
        let batches = eventsPerBatch == 1 ? "1 event" : "\(eventsPerBatch) events"
        return Measurement(
            name: name, title: "disk for a byte of JSON events, batches of \(batches), \(codec)",
            unit: "bytes", target: target, baselineIsBroker: true,
            figures: [.rewriting, .rewritingCPU, .peakMemory, .fetchRate, .fetchCPU], mostRuns: 3,
            takesLong: eventsPerBatch > 1
        ) { (side, bench) throws(Failure) in
            let rewriting = Rewriting(codec: codec, eventsPerBatch: eventsPerBatch)
            return try rewriting.run(side, bench)
        }
    }
}

extension Figure {
    fileprivate static let rewriting = Figure(
        name: "rewriting, events", detail: "rewriting_mb_per_second", unit: "MB/s")
    fileprivate static let rewritingCPU = Figure(
        name: "CPU for rewriting, events", detail: "rewriting_cpu_seconds_per_gb", unit: "s/GB")
    fileprivate static let fetchRate = Figure(
        name: "fetch, events", detail: "fetch_mb_per_second", unit: "MB/s")
    fileprivate static let fetchCPU = Figure(
        name: "CPU for fetch, events", detail: "fetch_cpu_seconds_per_gb", unit: "s/GB")
}

private struct Rewriting {
    let codec: String
    let eventsPerBatch: Int

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let bytes = bench.options.bytes / (eventsPerBatch == 1 ? 8 : 4)
        let topic = try EventTopic(bench, shape: ["--events", "\(eventsPerBatch)"], bytes: bytes)
        var details: [String: Double] = [:]
        let sealedValueBytes = Double(try topic.sealed().records) * topic.bytesPerRecord
        if side == .martlet {
            let settings = EventTopic.settings + ["martlet.segment.compression=\(codec)"]
            let server = try bench.startBroker(settings, on: 0, in: topic.directory)
            let work = try BackgroundWork(of: server, bench)
            _ = try server.child.stop(within: 30)
            details[Figure.rewriting.detail] = sealedValueBytes / work.seconds / 1e6
            details[Figure.rewritingCPU.detail] = work.cpuSeconds / (sealedValueBytes / 1e9)
            details[Figure.peakMemory.detail] = work.peakMegabytes
            details[Sample.othersShare] = work.othersShare
        }
        let sealed = try topic.sealed()
        try addFetch(topic, bench, to: &details)
        return Sample(value: Double(sealed.bytes) / sealedValueBytes, details: details)
    }

    /// Reads it all again and again, out of the page cache.
    private func addFetch(
        _ topic: EventTopic, _ bench: Bench, to details: inout [String: Double]
    ) throws(Failure) {
        let server = try bench.startBroker(
            EventTopic.untouched, on: bench.machine.allButLast, in: topic.directory)
        let rounds = Double(2 * bench.options.bytes) / topic.valueBytes
        let arguments = [
            "--topic", EventTopic.name, "--connections", "4", "--max-bytes", "1m",
            "--warm", "\(bench.options.bytes)", "--records", "\(Int(rounds * topic.records))",
        ]
        let report = try bench.load("fetch", arguments, of: server, on: bench.machine.last)
        let events = try report.figure("records") * topic.bytesPerRecord
        let others = try report.figure(Sample.othersShare)
        details[Sample.othersShare] = max(details[Sample.othersShare] ?? 0, others)
        details[Figure.fetchRate.detail] = events / (try report.figure("seconds")) / 1e6
        details[Figure.fetchCPU.detail] = try report.figure("server_cpu_seconds") / (events / 1e9)
    }
}
