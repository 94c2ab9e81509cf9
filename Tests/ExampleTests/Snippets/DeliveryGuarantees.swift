import Martlet

/// The pieces of the article on delivery guarantees.
private struct DeliveryGuarantees {
    let client: MartletClient
    let producer: Producer
    let configuration: GroupConsumerConfiguration

    func askSomebody(about order: ProducerRecord) async throws {}
    func work(on record: ConsumerRecord) async throws {}

    func failures(of order: ProducerRecord) async throws {
        do {
            try await producer.send(order)
        } catch {
            guard error.isOutcomeUnknown else { throw error }
            // It may be stored. To send it again may store it twice.
            try await askSomebody(about: order)
        }
    }

    func many(_ orders: [ProducerRecord]) async throws {
        let deliveries = try await producer.enqueue(contentsOf: orders)
        for (order, result) in zip(orders, await deliveries.results()) {
            if case .failure(let error) = result { print("\(order.key?.text ?? ""): \(error)") }
        }
    }

    func stream(_ readings: AsyncStream<String>) async throws {
        try await producer.send(readings.map { ProducerRecord(topic: "readings", value: Bytes($0)) })
    }

    func reading() async throws {
        try await client.withGroupConsumer(configuration) { consumer in
            for try await record in consumer.records {
                try await work(on: record)
            }
        }
    }
}
