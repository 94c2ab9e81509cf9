extension Measurement {
    /// How many transactions of one record get in, each begun when the one before it is committed, and what
    /// transactions cost those who produce or fetch much.
    static var transactions: [Measurement] {
        [
            transactions("transactions-1", producers: 1, version: 2),
            transactions("transactions-50", producers: 50, version: 2),
            transactions("transactions-50-1", producers: 50, version: 2, statePartitions: 1),
            transactions("transactions-1-v1", producers: 1, version: 1),
            transactions("transactions-50-v1", producers: 50, version: 1),
        ] + transactionalStreams + committedFetches
    }

    private static func transactions(
        _ name: String, producers: Int, version: Int, statePartitions: Int? = nil
    ) -> Measurement {
        let load = TransactionLoad(producers: producers, version: version, statePartitions: statePartitions)
        let who = producers == 1 ? "1 producer" : "\(producers) producers"
        let place = statePartitions.map { ", \($0) partition of states" } ?? ""
        return Measurement(
            name: name,
            title: "durable transactions of one 1 KiB record, \(who), version \(version)\(place)",
            unit: "1/s",
            figures: [
                .median, .slow, .commitMedian, .commitSlow, .flushRate, .flushesEach, .cpuEach, .retries,
            ]
        ) { (side, bench) throws(Failure) in
            try load.run(side, bench)
        }
    }
}

extension Figure {
    static let commitMedian = Figure(name: "commit, p50", detail: "commit_p50_us", unit: "µs")
    static let commitSlow = Figure(name: "commit, p99", detail: "commit_p99_us", unit: "µs")
    fileprivate static let flushRate = Figure(
        name: "disk flushes", detail: "flushes_per_second", unit: "/s")
    fileprivate static let flushesEach = Figure(name: "disk flushes", detail: "flushes_each", unit: "each")
    fileprivate static let cpuEach = Figure(name: "CPU", detail: "cpu_us_per_record", unit: "µs each")
    fileprivate static let retries = Figure(name: "asked again", detail: "retries", unit: "each")
}

/// Each producer with its own connection, transactional id and partition. The floor has a record of the same
/// size to make durable, once.
private struct TransactionLoad {
    let producers: Int
    let version: Int
    /// Partitions of `__transaction_state`, where not as many as by default.
    let statePartitions: Int?

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let processors = bench.machine.allButLast
        var sample: Sample
        switch side {
        case .baseline:
            let floor = try bench.startFloor(
                ["produce", "--durability", "group", "--prewritten", "64m"], on: processors)
            let arguments = ["--connections", "\(producers)", "--depth", "1", "--batch", "0"]
            sample = try DurableWork(mode: "produce", arguments: arguments).sample(of: floor, bench)
        case .martlet:
            var settings = ["martlet.durability=sync"]
            if let statePartitions {
                settings.append("transaction.state.log.num.partitions=\(statePartitions)")
            }
            let broker = try bench.startBroker(settings, on: processors)
            _ = try bench.load("create-topic", ["--partitions", "\(producers)"], of: broker, on: processors)
            let arguments = [
                "--producers", "\(producers)", "--partitions", "\(producers)", "--version", "\(version)",
            ]
            sample = try DurableWork(mode: "transact", arguments: arguments).sample(of: broker, bench)
        }
        if let records = sample.details["records_per_flush"] { sample.details["flushes_each"] = 1 / records }
        return sample
    }
}
