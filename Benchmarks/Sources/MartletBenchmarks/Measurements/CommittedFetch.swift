extension Measurement {
    /// What consumers pay who leave out what was aborted. The baseline is a consumer of the same topic that
    /// does not.
    static var committedFetches: [Measurement] {
        [
            committedFetch(
                "transactions-fetch", "transactions of 10 batches of 16 KiB",
                CommittedFetch(batch: "16k", batchesEach: 10, megabytes: 256)),
            committedFetch(
                "transactions-fetch-small", "transactions of one 1 KiB record",
                CommittedFetch(batch: "0", batchesEach: 1, megabytes: 16)),
        ]
    }

    private static func committedFetch(
        _ name: String, _ title: String, _ fetch: CommittedFetch
    ) -> Measurement {
        Measurement(
            name: name, title: "fetch committed, \(title), 1 of 10 aborted", unit: "MB/s",
            baselineIsBroker: true, figures: [.median, .slow, .cpuPerGigabyte, .abortedEach], mostRuns: 3
        ) { (side, bench) throws(Failure) in
            try fetch.run(side, bench)
        }
    }
}

extension Figure {
    fileprivate static let abortedEach = Figure(
        name: "aborted transactions", detail: "aborted_per_answer", unit: "an answer")
}

/// Four consumers that read the topic again and again, as in `fetch`.
private struct CommittedFetch {
    /// Bytes of a batch.
    let batch: String
    let batchesEach: Int
    let megabytes: Int

    private static let consumers = 4

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(durability: "os", partitions: 1, on: bench.machine.allButLast)
        let bytes = (bench.options.isQuick ? megabytes / 4 : megabytes) << 20
        _ = try bench.load(
            "produce",
            [
                "--batch", batch, "--bytes", "\(bytes)", "--transactional-id", "bench",
                "--commit-batches", "\(batchesEach)", "--abort-every", "10",
            ], of: server, on: bench.machine.last)
        let arguments = [
            "--connections", "\(Self.consumers)", "--max-bytes", "1m", "--committed",
            side == .martlet ? "1" : "0",
            "--bytes", "\(bench.options.bytes * 2)", "--warm", "\(bytes * Self.consumers)",
        ]
        let report = try bench.load("fetch", arguments, of: server, on: bench.machine.last)
        return try Sample(throughputOf: report)
    }
}
