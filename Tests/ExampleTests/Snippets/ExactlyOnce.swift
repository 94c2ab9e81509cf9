import Testing

// swift-format-ignore-file: the imports stand as they do in docs/exactly-once.md.
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

@Suite("The article on exactly once")
struct ExactlyOnceArticleTests {
    @Test("has code that works")
    func run() async throws {
        try await withBroker(topics: ["orders": 2, "invoices": 1]) { broker in
            let client = broker.client
            try await client.withProducer { producer in
                try await producer.send(
                    contentsOf: (0..<50).map {
                        ProducerRecord(topic: "orders", key: Bytes("\($0)"), value: "coffee")
                    })
            }
            try await Invoicing(client: client, worker: "1").run()
            try await Invoicing(client: client, worker: "1").run()
            #expect(
                try await committedCount(of: "invoices", client) == 50, "and not once more by the second run")
        }
    }

    private func committedCount(of topic: TopicName, _ client: MartletClient) async throws -> Int {
        var configuration = ConsumerConfiguration()
        configuration.isolationLevel = .readCommitted
        return try await client.withConsumer(configuration) { consumer in
            try await consumer.assign(topic: topic, from: .beginning, until: .end)
            var count = 0
            for try await batch in consumer.batches { count += batch.count }
            return count
        }
    }
}
