public import MartletCore

/// A directory in which a broker keeps partitions.
public struct LogDirectory: Sendable {
    public var broker: BrokerID
    public var path: String
    /// Size of the volume, if the broker says.
    public var totalBytes: Int64?
    /// Free space of the volume, if the broker says.
    public var usableBytes: Int64?
    /// Takes no new partitions (KIP-1066).
    public var isCordoned: Bool
    /// The partitions that have a copy here.
    public var partitions: [TopicPartition: LogDirectoryPartition]
    /// Copies that are being made here, and will take the place of those in another directory of the broker.
    public var futurePartitions: [TopicPartition: LogDirectoryPartition]
    /// Why the directory cannot be used.
    public var error: MartletError?

    /// Bytes of all segments of each partition.
    public var sizes: [TopicPartition: Int64] { partitions.mapValues(\.byteCount) }
}

/// A copy of a partition in a directory of a broker.
public struct LogDirectoryPartition: Hashable, Sendable {
    /// Of all segments.
    public var byteCount: Int64
    /// How many records it is behind.
    public var lag: Int64
}

/// A copy of a partition on a broker.
public struct PartitionReplica: Hashable, Sendable {
    public var partition: TopicPartition
    public var broker: BrokerID

    public init(_ partition: TopicPartition, on broker: BrokerID) {
        self.partition = partition
        self.broker = broker
    }
}

/// In which directories of its broker a copy of a partition is.
public struct ReplicaLogDirectory: Hashable, Sendable {
    /// Nil if the broker has none.
    public var path: String?
    /// How many records the copy is behind.
    public var lag: Int64?
    /// Where it is being moved to.
    public var futurePath: String?
    /// How many records the new copy is behind.
    public var futureLag: Int64?
}
