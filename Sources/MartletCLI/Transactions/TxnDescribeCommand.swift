internal import ArgumentParser
internal import Martlet

/// `martlet txn describe`.
struct TxnDescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show the transactions of transactional ids.",
        usage: "martlet txn describe <transactional-id> ... [<options>]",
        discussion: """
            The partitions are those that are part of the transaction and do not know yet how it ended.

            EXAMPLES
              martlet txn describe billing-1
              martlet txn describe billing-1 billing-2 --json
            """
    )

    @Argument(help: "The transactional ids.", transform: TransactionalIDText.parse)
    var transactionalId: [TransactionalID]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let ids = transactionalId
        let results = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.describeTransactions(ids)
        }
        let found = ids.compactMap { try? results[$0]?.get() }
        try Self.show(found, now: .current(), json: form.json)
        for id in ids {
            guard case .failure(let error)? = results[id] else { continue }
            throw CommandFailure(
                ErrorAdvice.explained(error), code: found.isEmpty ? ExitStatus.failure : ExitStatus.incomplete
            )
        }
    }

    private static func show(
        _ transactions: [TransactionDescription], now: Timestamp, json: Bool
    ) throws {
        var answer = Answer(json: json)
        var table = Table([
            .left("TRANSACTIONAL ID"), .left("STATE"), .right("PRODUCER"), .right("EPOCH"),
            .right("TIMEOUT"), .right("OPEN FOR"), .right("COORDINATOR"), .left("PARTITIONS"),
        ])
        for transaction in transactions {
            if json {
                answer.buffer.line { write(transaction, to: &$0) }
            } else {
                let partitions = PartitionSelection.text(transaction.partitions)
                table.add([
                    transaction.id.rawValue, "\(transaction.state)", "\(transaction.producerID)",
                    "\(transaction.producerEpoch)", AgeText.text(transaction.timeout),
                    AgeText.text(since: transaction.startTime, now: now), "\(transaction.coordinator)",
                    partitions.isEmpty ? "-" : partitions,
                ])
            }
        }
        if !json, !transactions.isEmpty { answer.write(table) }
        try answer.finish()
    }

    private static func write(_ transaction: TransactionDescription, to json: inout OutputBuffer) {
        json.field("transactionalId", transaction.id.rawValue)
        json.field("state", transaction.state.rawValue)
        json.field("producerId", transaction.producerID.rawValue)
        json.field("producerEpoch", transaction.producerEpoch.rawValue)
        json.field("timeoutMs", Int64(transaction.timeout / .milliseconds(1)))
        json.field("startTime", transaction.startTime?.rawValue)
        json.field("coordinator", transaction.coordinator.rawValue)
        json.array("partitions", transaction.partitions) { json, partition in
            json.field("topic", partition.topic.rawValue)
            json.field("partition", partition.partition)
        }
    }
}
