internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet txn abort`.
struct TxnAbortCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort",
        abstract: "Abort a transaction: a hanging one in its partition, or that of a transactional id.",
        usage: "martlet txn abort (--topic <topic> --partition <n> --start-offset <n> | "
            + "--transactional-id <id>) [<options>]",
        discussion: """
            Shows what would be aborted; only --execute does it. In a partition the transaction ends \
            whatever its coordinator says, and readers go on behind it: for what find-hanging finds. By \
            transactional id the coordinator aborts in all partitions and fences the producer, which cannot \
            go on.

            EXAMPLES
              martlet txn abort --topic orders --partition 3 --start-offset 1234
              martlet txn abort --topic orders --partition 3 --start-offset 1234 --execute
              martlet txn abort --transactional-id billing-1 --execute
            """
    )

    @Option(help: "The topic of a hanging transaction.", transform: TopicText.parse)
    var topic: TopicName?

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("The partition of a hanging transaction.", valueName: "number"))
    var partition: PartitionIndex?

    @Option(help: ArgumentHelp("Where the hanging transaction begins.", valueName: "offset"))
    var startOffset: Int64?

    @Option(
        help: ArgumentHelp("Whose transaction to abort.", valueName: "id"),
        transform: TransactionalIDText.parse)
    var transactionalId: TransactionalID?

    @Flag(help: "Do it. Without this, only what would be done is shown.")
    var execute = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func validate() throws {
        let places = [topic != nil, partition != nil, startOffset != nil]
        guard transactionalId == nil ? places.allSatisfy(\.self) : !places.contains(true) else {
            throw ValidationError(
                "say what to abort: --topic, --partition and --start-offset, as `martlet txn find-hanging`"
                    + " shows them, or --transactional-id")
        }
    }

    func run() async throws {
        if let transactionalId {
            return try await FenceJob(
                ids: [transactionalId], execute: execute, json: form.json, isQuiet: client.quiet
            ).run(try client.configuration())
        }
        guard let topic, let partition, let startOffset else { return }
        let place = TopicPartition(topic, partition)
        let execute = execute
        let transaction = try await MartletClient.with(try client.configuration()) { client in
            let admin = client.admin
            let transaction = try await Self.find(place, Offset(rawValue: startOffset), admin)
            if execute { try await admin.abortTransaction(transaction) }
            return transaction
        }
        try show(transaction)
    }

    private static func find(
        _ partition: TopicPartition, _ start: Offset, _ admin: Admin
    ) async throws -> OpenTransaction {
        let open = try await admin.openTransactions(in: [partition])
        if let transaction = open.first(where: { $0.start == start }) { return transaction }
        let others = open.map { "\($0.start)" }.joined(separator: ", ")
        throw CommandFailure(
            "no transaction of \(partition) begins at offset \(start); "
                + (open.isEmpty ? "none is open there" : "open ones begin at \(others)")
                + ": see `martlet txn producers \(partition.topic):\(partition.partition) --open`")
    }

    private func show(_ transaction: OpenTransaction) throws {
        var answer = Answer(json: form.json)
        let (partition, producer) = (transaction.partition, transaction.producer)
        if answer.isJSON {
            answer.buffer.line { json in
                json.field("topic", partition.topic.rawValue)
                json.field("partition", partition.partition)
                TransactionSearch.write(producer, to: &json)
                json.field("done", execute)
            }
        } else if !client.quiet || !execute {
            let what =
                "the transaction of producer \(producer.id), epoch \(producer.epoch), in \(partition)"
                + " from offset \(transaction.start) on"
            answer.write(execute ? "Aborted \(what).\n" : "Would abort \(what).\n")
        }
        try answer.finish()
        guard !execute, !client.quiet else { return }
        try Descriptor.write(
            "This is a plan; nothing is changed. Add --execute to do it.\n", to: STDERR_FILENO)
    }
}
