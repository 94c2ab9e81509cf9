extension Measurement {
    /// What a producer at full speed loses that commits every 100 ms. The baseline is the same producer, with
    /// an id and sequence numbers but without transactions.
    static var transactionalStreams: [Measurement] {
        ["os", "sync"].flatMap { durability in
            [("1m", "1 MiB"), ("16k", "16 KiB")].flatMap { (batch, batches) in
                [1, 12].map { partitions in
                    stream(
                        TransactionalStream(durability: durability, batch: batch, partitions: partitions),
                        "transactions-stream-\(durability)-\(batch)-\(partitions)",
                        "commit every 100 ms, batches of \(batches), \(count(partitions)), \(durability)")
                }
            }
        }
    }

    private static func count(_ partitions: Int) -> String {
        partitions == 1 ? "1 partition" : "\(partitions) partitions"
    }

    private static func stream(_ stream: TransactionalStream, _ name: String, _ title: String) -> Measurement
    {
        Measurement(
            name: name, title: title, unit: "MB/s", target: .ratioAtLeast(0.9), baselineIsBroker: true,
            figures: [.median, .slow, .cpuPerGigabyte, .transactionRate, .commitMedian, .commitSlow],
            takesLong: stream.partitions > 1
        ) { (side, bench) throws(Failure) in
            try stream.run(side, bench)
        }
    }
}

extension Figure {
    fileprivate static let transactionRate = Figure(
        name: "transactions", detail: "transactions_per_second", unit: "/s")
}

/// One connection with five batches in flight. At the end of a transaction the producer waits until all are
/// answered, commits, and goes on when that is answered.
private struct TransactionalStream {
    let durability: String
    let batch: String
    let partitions: Int

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(
            durability: durability, partitions: partitions, on: bench.machine.allButLast)
        var arguments = [
            "--partitions", "\(partitions)", "--depth", "5", "--batch", batch, "--warm", "64m",
            "--seconds", bench.options.isQuick ? "1" : "3", "--idempotent", "1",
        ]
        if side == .martlet { arguments += ["--transactional-id", "bench", "--commit-ms", "100"] }
        var report = try bench.load("produce", arguments, of: server, on: bench.machine.last)
        if side == .martlet {
            let transactions = try report.figure("transactions")
            report.add("transactions_per_second", transactions / (try report.figure("seconds")))
        }
        return try Sample(throughputOf: report)
    }
}
