import Testing

// exactly-once: begin
import Martlet
import MartletTesting

/// Turns orders into invoices, each exactly once.
struct Invoicing {
    let client: MartletClient
    /// Names this worker, and stays the same when it starts again.
    let worker: String

    func run() async throws {
        var orders = GroupConsumerConfiguration(group: "invoicing", topics: "orders")
        orders.autoCommitInterval = nil
        orders.reader.isolationLevel = .readCommitted
        var invoices = ProducerConfiguration()
        invoices.transactionalID = TransactionalID("invoicing-\(worker)")

        try await client.withGroupConsumer(orders) { consumer in
            try await client.withProducer(invoices) { producer in
                try await producer.initTransactions()
                while let batch = try await consumer.poll(within: .seconds(1)) {
                    do {
                        try await producer.withTransaction(consuming: consumer) { transaction in
                            for order in batch { try await transaction.enqueue(invoice(for: order)) }
                        }
                    } catch let error as MartletError where error.isRetriable {
                        // Aborted: the consumer has gone back, and hands the same orders out again.
                    }
                }
            }
        }
    }

    private func invoice(for order: Record) throws -> ProducerRecord {
        ProducerRecord(topic: "invoices", key: order.key, value: order.value)
    }
}
// exactly-once: end

@Suite("The article on exactly once")
struct ExactlyOnceArticleTests {
    @Test("has code that works")
    func run() async throws {
        try await withBroker { broker in
            let configuration = ClientConfiguration(bootstrapServers: [broker.address])
            try await MartletClient.with(configuration) { client in
                try await client.admin.createTopic("orders", partitions: 2)
                try await client.admin.createTopic("invoices")
                try await client.withProducer { producer in
                    try await producer.send(
                        contentsOf: (0..<50).map {
                            ProducerRecord(topic: "orders", key: Bytes("\($0)"), value: "coffee")
                        })
                }
                try await Invoicing(client: client, worker: "1").run()
                try await Invoicing(client: client, worker: "1").run()
                let values = try await TransactionEndToEndTests.values(of: "invoices", client)
                #expect(values.count == 50, "and not once more by the second run")
            }
        }
    }

    @Test("shows the very code that is compiled and run here")
    func snippet() throws {
        let top = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let source = try readText(#filePath)
        let begin = try #require(source.split(separator: "// exactly-once: begin\n", maxSplits: 1).last)
        let snippet = try #require(begin.split(separator: "// exactly-once: end", maxSplits: 1).first)
        #expect(try readText("/\(top)/docs/exactly-once.md").contains(snippet))
    }
}
