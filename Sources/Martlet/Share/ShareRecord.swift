public import MartletCore
public import MartletRecords

/// A record that a member of a share group has taken, for as long as the group's lock lasts.
public struct ShareRecord: Hashable, Sendable {
    public var partition: TopicPartition
    public var record: Record
    /// How often it has been delivered, this time included.
    public var deliveryCount: Int

    public init(partition: TopicPartition, record: Record, deliveryCount: Int) {
        self.partition = partition
        self.record = record
        self.deliveryCount = deliveryCount
    }

    public var offset: Offset { record.offset }
    public var timestamp: Timestamp { record.timestamp }
    public var key: Bytes? { record.key }
    public var value: Bytes? { record.value }
    public var headers: [RecordHeader] { record.headers }
}
