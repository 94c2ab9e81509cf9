internal import ArgumentParser

/// `martlet bench latency`.
struct BenchLatencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency",
        abstract: "Measure how long records take, at a fixed rate.",
        discussion: """
            From when a record was due until it is acknowledged, and until a consumer has it. The schedule \
            never slips, so that what waits behind a slow record counts as slow, too. Records do not wait for \
            others to share a batch, unless --linger says so.

            EXAMPLES
              martlet bench latency
              martlet bench latency --rate 5k --duration 1m --plot latency.svg
              martlet bench latency --rate 100 --topic-config martlet.durability=os
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup(title: "Length") var length: BenchRunOptions
    @OptionGroup(title: "Topics") var topics: BenchTopicOptions
    @OptionGroup(title: "Records") var records: BenchRecordOptions
    @OptionGroup(title: "Producers") var sending: BenchSendOptions
    @OptionGroup(title: "Consumers") var reading: BenchReadOptions
    @OptionGroup(title: "Results") var output: BenchOutputOptions

    func validate() throws {
        if length.rate == .unlimited {
            throw ValidationError("latency needs a rate, as --rate 5k; martlet bench mixed has none")
        }
    }

    func run() async throws {
        var plan = BenchPlan(mode: .latency, client: try client.configuration())
        plan.topics = topics.plan
        plan.records = records.plan
        plan.sending = sending.plan(
            rate: length.rate ?? .perSecond(1_000), linger: .zero, recordByteCount: records.recordSize)
        plan.reading = reading.plan(groups: 1)
        plan.length = length.plan
        plan.output = output.plan
        plan.isQuiet = client.quiet
        try await BenchJob.run(plan)
    }
}
