internal import ArgumentParser
internal import Martlet

/// `martlet copy`.
struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy a topic to another one, each record exactly once.",
        usage: "martlet copy <source> <target> --group <group> --transactional-id <id> [<options>]",
        discussion: """
            Reads as a member of a group, and writes records and offsets in the same transactions: killed at \
            any moment and started again, it neither loses nor repeats a record, for readers of committed \
            records. Several may share the work: the same group, and a transactional id for each. Copies new \
            records as they come, until it is stopped or --idle-timeout is over.

            EXAMPLES
              martlet copy orders orders-copy --group copiers --transactional-id copier-1
              martlet copy orders orders-copy --group copiers --transactional-id copier-1 --idle-timeout 5s -v
              martlet copy orders orders-2 --group c --transactional-id c --same-partitions
            """
    )

    @Argument(help: "The topic to read.", transform: TopicText.parse)
    var source: TopicName

    @Argument(help: "The topic to write.", transform: TopicText.parse)
    var target: TopicName

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The group that remembers how far it has got.", valueName: "group"),
        transform: GroupText.parse)
    var group: GroupID

    @Option(
        help: ArgumentHelp(
            "Whose transactions these are: one for each process, and the same when it starts again.",
            valueName: "id"),
        transform: TransactionalIDText.parse)
    var transactionalId: TransactionalID

    @OptionGroup var client: ClientOptions

    @Flag(help: "Write to partitions with the same numbers. (default: by key)")
    var samePartitions = false

    @Option(name: [.customShort("z"), .long], help: "How to compress batches.")
    var compression: CompressionName = .none

    @Option(help: ArgumentHelp("Commit after so many records. (default: 100000)", valueName: "number"))
    var transactionRecords = 100_000

    @Option(
        help: ArgumentHelp("Commit after so long. (default: 200ms)", valueName: "duration"),
        transform: DurationText.parse)
    var transactionInterval: Duration = .milliseconds(200)

    @Option(
        help: ArgumentHelp("Stop when no record has come for so long.", valueName: "duration"),
        transform: DurationText.parse)
    var idleTimeout: Duration?

    func validate() throws {
        guard source != target else { throw ValidationError("source and target are the same topic") }
        guard transactionRecords > 0 else {
            throw ValidationError("--transaction-records takes a number of at least 1")
        }
        guard transactionInterval > .zero, transactionInterval <= .seconds(30) else {
            throw ValidationError("--transaction-interval takes a duration up to 30s")
        }
    }

    func run() async throws {
        let job = try job
        try await Interruption.during(effect: .cancel) { _ in try await job.run() }
    }

    private var job: CopyJob {
        get throws {
            var consumer = GroupConsumerConfiguration(group: group, topics: source)
            consumer.autoCommitInterval = nil
            consumer.reader.isolationLevel = .readCommitted
            var producer = ProducerConfiguration()
            producer.transactionalID = transactionalId
            producer.compression = compression.compression
            // What the source has taken is for the target to judge.
            producer.maximumRecordBytes = producer.bufferBytes
            return CopyJob(
                client: try client.configuration(), consumer: consumer, producer: producer, target: target,
                keepsPartitions: samePartitions, maximumRecords: transactionRecords,
                interval: transactionInterval, idleTimeout: idleTimeout, isVerbose: client.verbose)
        }
    }
}
