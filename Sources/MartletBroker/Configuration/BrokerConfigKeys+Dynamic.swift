/// What can be changed while the broker runs.
extension BrokerConfigKeys {
    /// Keys that can be set for this broker, or for all, by a request: those that are cluster-wide in
    /// Kafka as far as we can honour them at once, and those of ours that are a topic's default.
    static let dynamicNames: Set<String> = topicDefaults.union([
        "max.connections", "max.connections.per.ip",
        "producer.id.expiration.ms",
        "log.cleaner.backoff.ms", "log.cleaner.dedupe.buffer.size", "log.cleaner.io.max.bytes.per.second",
        "martlet.cleaner.busy.max.bytes.per.second",
    ])

    private static let topicDefaults: Set<String> = TopicConfigKeys.all.reduce(into: []) { names, key in
        if case .topic(let synonym?) = key.scope { names.insert(synonym) }
    }

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
