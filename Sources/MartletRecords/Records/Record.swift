public import MartletCore

/// A record: what a producer wrote, at its place in the partition.
public struct Record: Hashable, Sendable {
    public var offset: Offset
    /// Set by the producer, or by the broker where the topic says so.
    public var timestamp: Timestamp
    /// Decides the partition and what compaction keeps; nil for none, which is not the same as empty.
    public var key: Bytes?
    /// Nil makes the record a tombstone: compaction removes the key.
    public var value: Bytes?
    public var headers: [RecordHeader]

    public init(
        offset: Offset = 0, timestamp: Timestamp = .none, key: Bytes?, value: Bytes?,
        headers: [RecordHeader] = []
    ) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A named value beside a record's value. Names may repeat, and order counts.
public struct RecordHeader: Hashable, Sendable {
    public var key: String
    public var value: Bytes?

    public init(key: String, value: Bytes?) {
        self.key = key
        self.value = value
    }
}
