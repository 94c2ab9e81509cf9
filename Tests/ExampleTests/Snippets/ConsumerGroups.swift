import Martlet

/// The pieces of the article on consumer groups.
private struct ConsumerGroups {
    struct Index {
        func write(_ batch: ConsumerBatch) async throws {}
    }

    let client: MartletClient
    let index: Index

    func bill(_ record: Record) async throws {}

    func loop() async throws {
        let configuration = GroupConsumerConfiguration(group: "billing", topics: "orders")
        try await client.withGroupConsumer(configuration) { consumer in
            for try await batch in consumer.batches {
                for record in batch { try await bill(record) }
            }
        }
    }

    func explicitly() async throws {
        var configuration = GroupConsumerConfiguration(group: "indexer", topics: "pages")
        configuration.completion = .explicit
        try await client.withGroupConsumer(configuration) { consumer in
            for try await batch in consumer.batches {
                try await index.write(batch)
                consumer.finish(batch)
            }
        }
    }

    func lag() async throws {
        let lag = try await client.admin.groupLag(of: "billing")
        print("\(lag.total) records to go")
    }
}
