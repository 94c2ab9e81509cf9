public import MartletCore
public import MartletRecords

/// A record whose key and value have been read.
public struct Message<Key, Value>: ReceivedRecord {
    public let partition: TopicPartition
    /// The record as it came.
    public let record: Record
    /// How often it has been delivered, this time included; nil outside of share groups.
    public let deliveryCount: Int?
    /// Nil if the record has none.
    public let key: Key?
    /// Nil for a tombstone: what the key stood for is gone.
    public let value: Value?

    public init(_ record: ConsumerRecord, key: Key?, value: Value?) {
        partition = record.partition
        self.record = record.record
        deliveryCount = record.deliveryCount
        self.key = key
        self.value = value
    }
}

extension Message: Sendable where Key: Sendable, Value: Sendable {}

/// A record with the place it comes from, in whichever form it was handed out.
public protocol ReceivedRecord {
    var partition: TopicPartition { get }
    var record: Record { get }
}

extension ReceivedRecord {
    public var offset: Offset { record.offset }
    public var timestamp: Timestamp { record.timestamp }
    public var headers: [RecordHeader] { record.headers }
}

extension ConsumerRecord: ReceivedRecord {}
extension ShareRecord: ReceivedRecord {}
