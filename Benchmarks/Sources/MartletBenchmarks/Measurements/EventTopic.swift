/// A topic that a broker without maintenance has filled with events, and stopped.
struct EventTopic {
    let directory: RunDirectory
    /// Bytes of values of all events.
    let valueBytes: Double
    let records: Double

    static let name = "events"
    static let partition = "events-0"

    /// What keeps maintenance from doing anything, or has it begin at once.
    static let settings = [
        "martlet.durability=os", "log.segment.bytes=\(8 << 20)", "log.cleaner.backoff.ms=100",
        "log.retention.check.interval.ms=100", "martlet.segment.compression.min.lag.ms=0",
        "log.segment.delete.delay.ms=0",
    ]
    static let untouched = settings + ["martlet.segment.compression=none"]

    /// `shape` says how the load generator makes the events.
    init(_ bench: Bench, shape: [String], bytes: Int, others: [String] = []) throws(Failure) {
        let server = try bench.startBroker(Self.untouched, on: 0)
        for topic in [Self.name] + others {
            _ = try bench.load("create-topic", ["--topic", topic], of: server, on: 0)
        }
        let report = try bench.load(
            "produce",
            ["--topic", Self.name, "--connections", "4", "--depth", "64", "--bytes", "\(bytes)"] + shape,
            of: server, on: 0)
        _ = try server.child.stop(within: 30)
        directory = server.directory
        valueBytes = try report.figure("value_bytes")
        records = try report.figure("records")
        bench.settle()
    }

    var bytesPerRecord: Double { valueBytes / records }

    func sealed() throws(Failure) -> SealedFiles {
        try SealedFiles(of: Self.partition, in: directory.path)
    }
}
