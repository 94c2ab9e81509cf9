import Martlet
import MartletJSON
import MartletTesting
import Testing

// The pieces of the README.

private func sending() async throws {
    struct Order: Codable, Equatable {
        var item: String
        var cents: Int
    }

    let orders = Topic<String, Order>("orders", key: .string, value: .json())

    try await MartletClient.with(ClientConfiguration(bootstrap: "localhost:9092")) { client in
        try await client.withProducer { producer in
            try await producer.send(Order(item: "coffee", cents: 320), key: "ada", to: orders)
        }
    }
}

/// Stands for the service under test.
private struct Shop {
    let bootstrap: String

    func take(_ order: Order, from customer: String) async throws {
        try await MartletClient.with(ClientConfiguration(bootstrap: bootstrap)) { client in
            try await client.withProducer { producer in
                try await producer.send(order, key: customer, to: ExampleTests.orders)
            }
        }
    }

    func orders() async throws -> [Order] {
        try await MartletClient.with(ClientConfiguration(bootstrap: bootstrap)) { client in
            try await everything(in: ExampleTests.orders, client)
        }
    }
}

@Suite("The README")
struct ReadmeTests {
    @Test("an order outlives a power cut")
    func orderOutlivesPowerCut() async throws {
        try await withBroker(topics: ["orders": 3]) { broker in
            let shop = Shop(bootstrap: broker.bootstrap)
            try await shop.take(Order(item: "coffee", cents: 320), from: "ada")
            try await broker.losePower()
            try await broker.start()
            #expect(try await shop.orders() == [Order(item: "coffee", cents: 320)])
        }
    }
}

/// The pieces of the README that stand alone, with what they take for granted.
private struct ReadmePieces {
    let client: MartletClient
    let producer: Producer

    func bill(_ record: Record) async throws {}

    func groups() async throws {
        let configuration = GroupConsumerConfiguration(group: "billing", topics: "orders")
        try await client.withGroupConsumer(configuration) { consumer in
            for try await batch in consumer.batches {
                for record in batch { try await bill(record) }
            }
        }
    }

    func transactions() async throws {
        try await producer.withTransaction { transaction in
            try await transaction.enqueue(ProducerRecord(topic: "debits", key: "a", value: "100"))
            try await transaction.enqueue(ProducerRecord(topic: "credits", key: "b", value: "100"))
        }
    }
}
