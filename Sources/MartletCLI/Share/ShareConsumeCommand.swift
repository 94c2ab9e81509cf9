internal import ArgumentParser
internal import Martlet

/// `martlet share consume`.
struct ShareConsumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consume",
        abstract: "Take records as a member of a share group, and print them.",
        usage: "martlet share consume <topic> ... --group <group> [<options>]",
        discussion: """
            Each record goes to one member of the group. It is accepted once it has been written; with \
            --release others get it again, with --reject nobody does.

            EXAMPLES
              martlet share consume jobs --group workers
              martlet share consume jobs --group workers --count 10 --json
              martlet share consume jobs --group workers --count 1 --reject
            """
    )

    @Argument(help: "The topics.", transform: TopicText.parse)
    var topic: [TopicName]

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The share group.", valueName: "group"),
        transform: GroupText.parse)
    var group: GroupID

    @Flag(help: "What is written is done. (default)")
    var accept = false

    @Flag(help: "What is written is given back: somebody else may have it.")
    var release = false

    @Flag(help: "What is written is given to nobody again.")
    var reject = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Stop after so many records.", valueName: "number"))
    var count: Int?

    @Option(
        help: ArgumentHelp("Stop when no record has come for so long.", valueName: "duration"),
        transform: DurationText.parse)
    var idleTimeout: Duration?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("How to print a record: \(RecordFormat.help).", valueName: "text"),
        transform: RecordFormat.parse)
    var format: RecordFormat?

    @Flag(help: "Print each record as one line of JSON.")
    var json = false

    @OptionGroup var client: ClientOptions

    func validate() throws {
        guard [accept, release, reject].filter(\.self).count <= 1 else {
            throw ValidationError("--accept, --release and --reject exclude each other")
        }
        guard format == nil || !json else { throw ValidationError("--format and --json exclude each other") }
        if let count, count < 1 { throw ValidationError("--count takes a number of at least 1") }
    }

    func run() async throws {
        var configuration = ShareConsumerConfiguration(group: group, topics: topic)
        if let count { configuration.maximumRecords = min(count, configuration.maximumRecords) }
        // What is beyond the count goes back when the consumer is closed.
        configuration.completion = .explicit
        let job = ShareConsumeJob(
            client: try client.configuration(), share: configuration,
            acknowledgement: release ? .release : reject ? .reject : .accept,
            style: format.map { .format($0) } ?? (json ? .json : .plain(RecordStyle.Plain())), count: count,
            idleTimeout: idleTimeout, isVerbose: client.verbose)
        try await Interruption.during(effect: .cancel) { _ in try await job.run() }
    }
}

/// What `martlet share consume` does, once the command line is understood.
struct ShareConsumeJob: Sendable {
    let client: ClientConfiguration
    let share: ShareConsumerConfiguration
    let acknowledgement: Acknowledgement
    let style: RecordStyle
    let count: Int?
    let idleTimeout: Duration?
    let isVerbose: Bool

    @MainActor
    func run() async throws {
        try await MartletClient.with(client) { client in
            try await client.withShareConsumer(share) { consumer in try await copy(from: consumer) }
        }
    }

    @MainActor
    private func copy(from consumer: ShareConsumer) async throws {
        var output = BufferedOutput.standard()
        var meter = Meter()
        do {
            while meter.recordCount < count ?? .max {
                guard let batch = try await consumer.poll(within: idleTimeout) else { break }
                let wanted = Array(batch.prefix((count ?? .max) - meter.recordCount))
                for record in wanted {
                    style.write(record.record, of: record.partition, to: &output.buffer)
                    try output.flushIfFull()
                }
                try output.flush()
                for record in wanted { consumer.acknowledge(record, acknowledgement) }
                meter.add(records: wanted.count, bytes: wanted.reduce(0) { $0 + ($1.value?.count ?? 0) })
            }
        } catch let error as MartletError {
            throw error.code == .cancelled ? CancellationError() : error
        }
        if isVerbose { meter.report("taken for share group \(share.group)") }
        if let count, meter.recordCount < count {
            throw CommandFailure(
                "\(meter.recordCount) of \(count) records came before --idle-timeout",
                code: ExitStatus.incomplete)
        }
    }
}
