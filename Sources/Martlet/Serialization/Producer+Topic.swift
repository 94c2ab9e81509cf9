public import MartletCore
public import MartletRecords

extension Producer {
    /// Sends a value and waits until it is acknowledged.
    ///
    ///     try await producer.send(order, key: order.id, to: orders)
    ///
    /// - Throws: `serializationFailed`, or what `send(_:)` throws.
    @discardableResult
    public func send<Key, Value>(
        _ value: Value, key: Key? = nil, to topic: Topic<Key, Value>, headers: [RecordHeader] = []
    ) async throws(MartletError) -> RecordMetadata {
        try await send(try topic.record(value, key: key, headers: headers))
    }

    /// Hands a value over without waiting for its acknowledgement, as `enqueue(_:)` does.
    ///
    /// For more than a few at once, make records with `Topic.record` and use `enqueue(contentsOf:)`.
    @discardableResult
    public func enqueue<Key, Value>(
        _ value: Value, key: Key? = nil, to topic: Topic<Key, Value>, headers: [RecordHeader] = []
    ) async throws(MartletError) -> Delivery {
        try await enqueue(try topic.record(value, key: key, headers: headers))
    }

    /// Sends a record without value, which deletes the key where the topic is compacted, and waits until it
    /// is acknowledged.
    @discardableResult
    public func sendTombstone<Key, Value>(
        key: Key, to topic: Topic<Key, Value>, headers: [RecordHeader] = []
    ) async throws(MartletError) -> RecordMetadata {
        try await send(try topic.tombstone(key: key, headers: headers))
    }
}

extension Transaction {
    /// Sends a value and waits until it is acknowledged: in its place, but not committed yet.
    @discardableResult
    public func send<Key, Value>(
        _ value: Value, key: Key? = nil, to topic: Topic<Key, Value>, headers: [RecordHeader] = []
    ) async throws(MartletError) -> RecordMetadata {
        try await send(try topic.record(value, key: key, headers: headers))
    }

    /// Hands a value over. The commit waits for its delivery, and fails with it.
    @discardableResult
    public func enqueue<Key, Value>(
        _ value: Value, key: Key? = nil, to topic: Topic<Key, Value>, headers: [RecordHeader] = []
    ) async throws(MartletError) -> Delivery {
        try await enqueue(try topic.record(value, key: key, headers: headers))
    }

    /// Sends a record without value, and waits until it is acknowledged.
    @discardableResult
    public func sendTombstone<Key, Value>(
        key: Key, to topic: Topic<Key, Value>, headers: [RecordHeader] = []
    ) async throws(MartletError) -> RecordMetadata {
        try await send(try topic.tombstone(key: key, headers: headers))
    }
}

extension ProducerRecord {
    /// The same record for another topic, with its headers: to pass it on, or to put it aside.
    public init(forwarding record: some ReceivedRecord, to topic: TopicName) {
        self.init(
            topic: topic, key: record.record.key, value: record.record.value,
            headers: record.record.headers)
    }
}
