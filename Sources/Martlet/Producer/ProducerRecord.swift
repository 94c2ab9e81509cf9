public import MartletCore
public import MartletRecords

/// A record to be sent.
///
///     ProducerRecord(topic: "orders", key: "4711", value: Bytes(json))
public struct ProducerRecord: Sendable {
    public var topic: TopicName
    /// Nil lets the partitioner choose.
    public var partition: PartitionIndex?
    /// Records with equal keys go to the same partition; nil spreads them.
    public var key: Bytes?
    /// Nil makes a tombstone: compaction removes the key.
    public var value: Bytes?
    public var headers: [RecordHeader]
    /// Nil for the time of sending.
    public var timestamp: Timestamp?

    public init(
        topic: TopicName, partition: PartitionIndex? = nil, key: Bytes? = nil, value: Bytes?,
        headers: [RecordHeader] = [], timestamp: Timestamp? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }
}

/// Where a record ended up.
public struct RecordMetadata: Hashable, Sendable {
    public var partition: TopicPartition
    /// Nil where the broker does not say: with `acks == .none`, or for a batch that it recognised as sent
    /// before when it no longer knew where it is.
    public var offset: Offset?
    /// The record's time: the broker's where the topic uses log append time, else the producer's.
    public var timestamp: Timestamp
}

extension RecordMetadata: CustomStringConvertible {
    /// `topic-partition@offset`, with a question mark for an offset that is not known.
    public var description: String { "\(partition)@\(offset.map(\.description) ?? "?")" }
}
