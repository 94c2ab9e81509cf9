import Martlet

/// The pieces of the article on delivery guarantees.
private struct DeliveryGuarantees {
    let client: MartletClient
    let producer: Producer
    let configuration: GroupConsumerConfiguration

    func askSomebody(about order: ProducerRecord) async throws {}
    func split(_ order: ProducerRecord) async throws {}
    func work(on record: ConsumerRecord) async throws {}

    func failures(of order: ProducerRecord) async throws {
        do {
            try await producer.send(order)
        } catch {
            switch error.code {
            case .timedOut:
                // Whether the broker has it is not known. To send it again may store it twice.
                try await askSomebody(about: order)
            case .recordTooLarge:
                // It is not stored, and will not be.
                try await split(order)
            default: throw error
            }
        }
    }

    func many(_ orders: [ProducerRecord]) async throws -> [RecordMetadata] {
        let deliveries = try await producer.enqueue(contentsOf: orders)
        let places = try await deliveries.metadata()
        return places
    }

    func reading() async throws {
        try await client.withGroupConsumer(configuration) { consumer in
            for try await record in consumer.records {
                try await work(on: record)
            }
        }
    }
}
