public import MartletCore
public import MartletRecords

/// A record and the partition it comes from.
public struct ConsumerRecord: Hashable, Sendable {
    public var partition: TopicPartition
    /// Zero outside of share groups. Lies in what alignment leaves free.
    private var deliveries: Int16 = 0
    public var record: Record

    public init(partition: TopicPartition, record: Record) {
        self.partition = partition
        self.record = record
    }

    /// A record of a share group.
    init(_ record: ShareRecord) {
        self.init(partition: record.partition, record: record.record)
        deliveries = Int16(clamping: record.deliveryCount)
    }

    /// How often it has been delivered, this time included; nil outside of share groups.
    public var deliveryCount: Int? { deliveries == 0 ? nil : Int(deliveries) }

    public var offset: Offset { record.offset }
    public var timestamp: Timestamp { record.timestamp }
    public var key: Bytes? { record.key }
    public var value: Bytes? { record.value }
    public var headers: [RecordHeader] { record.headers }
}
