public import MartletCore
public import MartletRecords

/// A topic with the types of its keys and values: written down once, used by all that send to it or read it.
///
///     let orders = Topic<String, Order>("orders", key: .string, value: .json())
///
///     try await producer.send(order, key: "4711", to: orders)
///     for try await message in consumer.messages(of: orders) { await handle(message.value) }
///
/// It only says how the records are to be read and written: it does not create the topic, and knows no
/// connection.
public struct Topic<Key, Value>: Sendable {
    public let name: TopicName
    /// How keys are written and read.
    public let keySerde: any Serde<Key>
    /// How values are written and read.
    public let valueSerde: any Serde<Value>

    public init(_ name: TopicName, key: some Serde<Key>, value: some Serde<Value>) {
        self.name = name
        keySerde = key
        valueSerde = value
    }
}

extension Topic where Key == Bytes {
    /// A topic whose keys are bytes that mean nothing to the service, or that has no keys.
    public init(_ name: TopicName, value: some Serde<Value>) {
        self.init(name, key: .bytes, value: value)
    }
}

// MARK: Writing

extension Topic {
    /// A record of this topic, for all that takes records.
    ///
    /// - Parameters:
    ///   - key: Records with equal keys go to the same partition; nil spreads them.
    ///   - partition: Nil lets the partitioner choose.
    ///   - timestamp: Nil for the time of sending.
    /// - Throws: `serializationFailed`.
    public func record(
        _ value: Value, key: Key? = nil, partition: PartitionIndex? = nil, headers: [RecordHeader] = [],
        timestamp: Timestamp? = nil
    ) throws(MartletError) -> ProducerRecord {
        var headers = headers
        let keyBytes = try key.map { key throws(MartletError) in
            try serialize(key, .key, with: keySerde, &headers)
        }
        let valueBytes = try serialize(value, .value, with: valueSerde, &headers)
        return ProducerRecord(
            topic: name, partition: partition, key: keyBytes, value: valueBytes, headers: headers,
            timestamp: timestamp)
    }

    /// A record without value: where the topic is compacted, all records of the key go.
    ///
    /// - Throws: `serializationFailed`.
    public func tombstone(
        key: Key, partition: PartitionIndex? = nil, headers: [RecordHeader] = [],
        timestamp: Timestamp? = nil
    ) throws(MartletError) -> ProducerRecord {
        var headers = headers
        let keyBytes = try serialize(key, .key, with: keySerde, &headers)
        return ProducerRecord(
            topic: name, partition: partition, key: keyBytes, value: nil, headers: headers,
            timestamp: timestamp)
    }

    private func serialize<Part>(
        _ part: Part, _ kind: RecordPart, with serializer: any Serde<Part>, _ headers: inout [RecordHeader]
    ) throws(MartletError) -> Bytes {
        var context = SerializationContext(topic: name, part: kind, headers: headers)
        do {
            let bytes = try serializer.serialize(part, in: &context)
            headers = context.headers
            return bytes
        } catch {
            throw MartletError(
                .serializationFailed, "the \(kind.rawValue) of a record for topic \(name) \(error.reason)",
                underlying: error)
        }
    }
}

// MARK: Reading

extension Topic: MessageDecoder {
    /// Reads a record of this topic.
    public func decode(_ record: ConsumerRecord) throws(UndecodableRecord) -> Message<Key, Value> {
        guard record.partition.topic == name else {
            throw UndecodableRecord(record, part: nil, SerializationError("is not of topic \(name)"))
        }
        let key = try deserialize(record.key, .key, with: keySerde, of: record)
        let value = try deserialize(record.value, .value, with: valueSerde, of: record)
        return Message(record, key: key, value: value)
    }

    private func deserialize<Part>(
        _ bytes: Bytes?, _ kind: RecordPart, with deserializer: any Serde<Part>, of record: ConsumerRecord
    ) throws(UndecodableRecord) -> Part? {
        guard let bytes else { return nil }
        let context = SerializationContext(topic: name, part: kind, headers: record.headers)
        do {
            return try deserializer.deserialize(bytes, in: context)
        } catch {
            throw UndecodableRecord(record, part: kind, error)
        }
    }
}
