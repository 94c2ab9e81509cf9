internal import ArgumentParser

/// `martlet bench mixed`.
struct BenchMixedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mixed",
        abstract: "Measure writing, reading what is new and reading what is old, all at once.",
        discussion: """
            Writes old records first. Then, while producers write and groups of consumers follow them, one \
            more consumer reads the old records over and over. Run it with --old-records 0 as well to see \
            what that one costs the others.

            EXAMPLES
              martlet bench mixed
              martlet bench mixed --rate 50k --groups 3 --old-records 5000000 --duration 1m
              martlet bench mixed --rate 50k --old-records 0
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup(title: "Length") var length: BenchRunOptions

    @Option(
        help: ArgumentHelp(
            "How many records to write first, for the reader of old ones. (default: \(BenchJob.defaultFill))",
            valueName: "number"))
    var oldRecords: Int?

    @OptionGroup(title: "Topics") var topics: BenchTopicOptions
    @OptionGroup(title: "Records") var records: BenchRecordOptions
    @OptionGroup(title: "Producers") var sending: BenchSendOptions
    @OptionGroup(title: "Consumers") var reading: BenchReadOptions
    @OptionGroup(title: "Results") var output: BenchOutputOptions

    func validate() throws {
        if let oldRecords, oldRecords < 0 { throw ValidationError("--old-records takes a number from 0") }
        if let oldRecords, oldRecords > 0, !topics.topic.isEmpty {
            throw ValidationError(
                "--old-records says how many to write first; with --topic, what is there is old")
        }
    }

    func run() async throws {
        var plan = BenchPlan(mode: .mixed, client: try client.configuration())
        plan.topics = topics.plan
        plan.records = records.plan
        plan.sending = sending.plan(
            rate: length.rate ?? .unlimited, recordByteCount: records.recordSize)
        plan.reading = reading.plan(groups: 3)
        plan.length = length.plan
        plan.filled = topics.topic.isEmpty ? oldRecords ?? BenchJob.defaultFill : 0
        plan.readsOld = oldRecords != 0
        plan.output = output.plan
        plan.isQuiet = client.quiet
        try await BenchJob.run(plan)
    }
}
