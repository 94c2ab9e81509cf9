internal import ArgumentParser

/// `martlet bench consume`.
struct BenchConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Measure reading what is there.",
        discussion: """
            Writes records to topics of its own first, and then reads them from the beginning to the end; or \
            reads the topics that --topic names.

            EXAMPLES
              martlet bench consume
              martlet bench consume --records 5000000 --record-size 100 --partitions 6 --consumers 3
              martlet bench consume --topic orders --groups 2
            """
    )

    @OptionGroup var client: ClientOptions

    @Option(
        help: ArgumentHelp(
            "How many records to write first. (default: \(BenchJob.defaultFill))", valueName: "number"))
    var records: Int?

    @Option(
        help: ArgumentHelp("Read no longer than this. (default: until the end)", valueName: "duration"),
        transform: DurationText.parse)
    var duration: Duration?

    @OptionGroup(title: "Topics") var topics: BenchTopicOptions
    @OptionGroup(title: "Records") var content: BenchRecordOptions
    @OptionGroup(title: "Producers") var sending: BenchSendOptions
    @OptionGroup(title: "Consumers") var reading: BenchReadOptions
    @OptionGroup(title: "Results") var output: BenchOutputOptions

    func validate() throws {
        if let records, records < 1 { throw ValidationError("--records takes a number of at least 1") }
        if let duration, duration <= .zero { throw ValidationError("--duration must be positive") }
        if records != nil, !topics.topic.isEmpty {
            throw ValidationError("--records says how many to write first; what --topic names is only read")
        }
    }

    func run() async throws {
        var plan = BenchPlan(mode: .consume, client: try client.configuration())
        plan.topics = topics.plan
        plan.records = content.plan
        plan.sending = sending.plan(rate: .unlimited, recordByteCount: content.recordSize)
        plan.reading = reading.plan(groups: 1)
        plan.length = BenchPlan.Length(duration: duration)
        plan.filled = topics.topic.isEmpty ? records ?? BenchJob.defaultFill : 0
        plan.output = output.plan
        plan.isQuiet = client.quiet
        try await BenchJob.run(plan)
    }
}
