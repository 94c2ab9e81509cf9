import Testing

// swift-format-ignore-file: the imports stand as they do in the README.
import Martlet
import MartletTesting

@Test("an order reaches its reader")
func orderReachesReader() async throws {
    try await withBroker { broker in
        let configuration = ClientConfiguration(bootstrapServers: [broker.address])
        try await MartletClient.with(configuration) { client in
            try await client.admin.createTopic("orders", partitions: 3)
            try await client.withProducer { producer in
                let place = try await producer.send(
                    ProducerRecord(topic: "orders", key: "4711", value: "two coffees"))
                print("stored at \(place.partition), offset \(place.offset ?? .none)")
            }
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                for try await record in consumer.records {
                    #expect(record.value.map(String.init(decoding:)) == "two coffees")
                }
            }
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
