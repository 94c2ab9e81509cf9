internal import ArgumentParser
internal import Martlet

/// `martlet txn producers`.
struct TxnProducersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "producers",
        abstract: "Show which producers partitions remember, and which transactions are open there.",
        usage: "martlet txn producers <topic[:partitions]> ... [<options>]",
        discussion: """
            EXAMPLES
              martlet txn producers orders
              martlet txn producers orders:0,3-5 payments --open
              martlet txn producers orders --json
            """
    )

    @Argument(
        help: "The topics, or some of their partitions: orders:0,2-5.", transform: PartitionSelection.parse)
    var topic: [PartitionSelection]

    @Flag(help: "Only producers with an open transaction.")
    var open = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let topic = topic
        let results = try await MartletClient.with(try client.configuration()) { client in
            let partitions = try await TransactionSearch.partitions(topic, of: client.admin)
            return try await client.admin.describeProducers(of: partitions)
        }
        try show(results, now: .current())
        let failures = results.sorted { $0.key < $1.key }.compactMap { _, result in
            if case .failure(let error) = result { return error } else { return nil }
        }
        if let first = failures.first {
            throw CommandFailure(
                "\(failures.count) of \(results.count) partitions do not answer; "
                    + ErrorAdvice.explained(first),
                code: failures.count < results.count ? ExitStatus.incomplete : ExitStatus.failure)
        }
    }

    private func show(
        _ results: [TopicPartition: Result<[ProducerDescription], MartletError>], now: Timestamp
    ) throws {
        var answer = Answer(json: form.json)
        var table = Table([
            .left("TOPIC"), .right("PARTITION"), .right("PRODUCER"), .right("EPOCH"), .right("SEQUENCE"),
            .right("LAST WRITE"), .right("OPEN FROM OFFSET"), .right("COORDINATOR EPOCH"),
        ])
        for (partition, result) in results.sorted(by: { $0.key < $1.key }) {
            for producer in (try? result.get()) ?? [] where !open || producer.transactionStart != nil {
                if answer.isJSON {
                    answer.buffer.line { json in
                        json.field("topic", partition.topic.rawValue)
                        json.field("partition", partition.partition)
                        TransactionSearch.write(producer, to: &json)
                    }
                    continue
                }
                table.add([
                    partition.topic.rawValue, "\(partition.partition)", "\(producer.id)",
                    "\(producer.epoch)", producer.lastSequence.map { "\($0)" } ?? "-",
                    AgeText.text(since: producer.lastTimestamp, now: now),
                    producer.transactionStart?.description ?? "-",
                    producer.coordinatorEpoch.map { "\($0)" } ?? "-",
                ])
            }
        }
        if !form.json {
            if table.rows.isEmpty, answer.style != .tabs {
                answer.write(
                    open
                        ? "No transaction is open there.\n"
                        : "These partitions remember no producers with sequences.\n")
            } else {
                answer.write(table)
            }
        }
        try answer.finish()
    }
}
