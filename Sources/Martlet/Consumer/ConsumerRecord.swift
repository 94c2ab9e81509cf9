public import MartletCore
public import MartletRecords

/// A record and the partition it comes from.
public struct ConsumerRecord: Hashable, Sendable {
    public var partition: TopicPartition
    public var record: Record

    public init(partition: TopicPartition, record: Record) {
        self.partition = partition
        self.record = record
    }

    public var offset: Offset { record.offset }
    public var timestamp: Timestamp { record.timestamp }
    public var key: Bytes? { record.key }
    public var value: Bytes? { record.value }
    public var headers: [RecordHeader] { record.headers }
}
