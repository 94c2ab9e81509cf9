import Martlet

/// All values that a topic has now, those of transactions only if they are committed.
func everything<Key, Value>(
    in topic: Topic<Key, Value>, _ client: MartletClient
) async throws -> [Value] {
    var configuration = ConsumerConfiguration()
    configuration.isolationLevel = .readCommitted
    return try await client.withConsumer(configuration) { consumer in
        try await consumer.assign(topic: topic.name, from: .beginning, until: .end)
        var values: [Value] = []
        for try await message in consumer.messages(of: topic) {
            if let value = message.value { values.append(value) }
        }
        return values
    }
}
