internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet txn find-hanging`.
struct TxnFindHangingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find-hanging",
        abstract: "Find transactions that are open in a partition and that nobody is going to end.",
        usage: "martlet txn find-hanging [<topic[:partitions]> ...] [<options>]",
        discussion: """
            Readers of committed records wait in front of such a transaction for ever. Looks at all \
            partitions unless some are named, and at producers that have been silent for longer than \
            --silent-for. Ends with code 0 whether it finds any or not; `martlet txn abort` ends them.

            EXAMPLES
              martlet txn find-hanging
              martlet txn find-hanging orders:0-3 --silent-for 1h
              martlet txn find-hanging --json
            """
    )

    @Argument(
        help: "The topics, or some of their partitions: orders:0,2-5. (default: all)",
        transform: PartitionSelection.parse)
    var topic: [PartitionSelection] = []

    @Option(
        help: ArgumentHelp(
            "How long the producer has been silent; as long as the longest time-out. (default: 15m)",
            valueName: "duration"),
        transform: DurationText.parse)
    var silentFor: Duration = .seconds(900)

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let (topic, silentFor) = (topic, silentFor)
        let hanging = try await MartletClient.with(try client.configuration()) { client in
            let admin = client.admin
            let partitions =
                topic.isEmpty ? nil : try await TransactionSearch.partitions(topic, of: admin)
            return try await admin.findHangingTransactions(in: partitions, silentFor: silentFor)
        }
        try show(hanging, now: .current())
    }

    private func show(_ hanging: [OpenTransaction], now: Timestamp) throws {
        var answer = Answer(json: form.json)
        var table = Table([
            .left("TOPIC"), .right("PARTITION"), .right("START OFFSET"), .right("PRODUCER"),
            .right("EPOCH"), .right("LAST WRITE"), .left("TRANSACTIONAL ID"),
        ])
        for transaction in hanging {
            let (partition, producer) = (transaction.partition, transaction.producer)
            if answer.isJSON {
                answer.buffer.line { json in
                    json.field("topic", partition.topic.rawValue)
                    json.field("partition", partition.partition)
                    TransactionSearch.write(producer, to: &json)
                    json.field("transactionalId", transaction.id?.rawValue)
                }
            } else {
                table.add([
                    partition.topic.rawValue, "\(partition.partition)", "\(transaction.start)",
                    "\(producer.id)", "\(producer.epoch)",
                    AgeText.text(since: producer.lastTimestamp, now: now),
                    transaction.id?.rawValue ?? "-",
                ])
            }
        }
        if !form.json, !hanging.isEmpty || answer.style == .tabs { answer.write(table) }
        if !form.json, hanging.isEmpty, answer.style != .tabs { answer.write("No transaction hangs.\n") }
        try answer.finish()
        guard let first = hanging.first, !client.quiet, !form.json else { return }
        let next =
            "To end one: martlet txn abort --topic \(first.partition.topic)"
            + " --partition \(first.partition.partition) --start-offset \(first.start) --execute\n"
        try Descriptor.write(next, to: STDERR_FILENO)
    }
}
