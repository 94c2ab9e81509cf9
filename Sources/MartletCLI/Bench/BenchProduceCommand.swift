internal import ArgumentParser

/// `martlet bench produce`.
struct BenchProduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "produce",
        abstract: "Measure writing: throughput, and the time until records are acknowledged.",
        discussion: """
            Without a rate the producers send as fast as they are acknowledged; then their buffers are full, \
            and latency is mostly the wait in them.

            EXAMPLES
              martlet bench produce
              martlet bench produce --partitions 12 --producers 4 --record-size 100 --compression lz4
              martlet bench produce --rate 20k --duration 1m --plot produce.svg
              martlet bench produce --topic-config martlet.durability=os --json
              martlet bench produce --topic orders --records 100000
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup(title: "Length") var length: BenchRunOptions
    @OptionGroup(title: "Topics") var topics: BenchTopicOptions
    @OptionGroup(title: "Records") var records: BenchRecordOptions
    @OptionGroup(title: "Producers") var sending: BenchSendOptions
    @OptionGroup(title: "Results") var output: BenchOutputOptions

    func run() async throws {
        var plan = BenchPlan(mode: .produce, client: try client.configuration())
        plan.topics = topics.plan
        plan.records = records.plan
        plan.sending = sending.plan(
            rate: length.rate ?? .unlimited, recordByteCount: records.recordSize)
        plan.length = length.plan
        plan.output = output.plan
        plan.isQuiet = client.quiet
        try await BenchJob.run(plan)
    }
}
