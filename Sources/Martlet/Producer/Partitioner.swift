public import MartletCore

/// Chooses a partition for a record that names none.
///
///     configuration.partitioner = RoundRobinPartitioner()
public protocol Partitioner: Sendable {
    /// Called for each record, in the sender's task, under the producer's lock: compute and return, never
    /// wait.
    ///
    /// - Parameters:
    ///   - key: The record's key, or nil.
    ///   - partitionCount: How many partitions the topic has, at least 1.
    /// - Returns: A partition below `partitionCount`, any other fails the record with `unknownPartition`; or
    ///   nil for the producer's own choice, which keeps to one partition until it has had a batch's worth of
    ///   bytes. Then it takes another: one that has a leader which can be reached, and more likely one whose
    ///   broker has answered than one with batches that wait (KIP-794).
    func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex?
}

/// Kafka's own choice: the murmur2 hash of the key, and no opinion on records without one.
///
/// A key lands in the same partition as from the Java client.
public struct DefaultPartitioner: Partitioner {
    public init() {}

    public func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex? {
        guard let key else { return nil }
        return key.withUnsafeBytes { Int32(bitPattern: Murmur2.hash($0) & 0x7FFF_FFFF) % partitionCount }
    }
}

/// No opinion on any record: keys do not count, and batches get as full as they can.
public struct StickyPartitioner: Partitioner {
    public init() {}

    public func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex? { nil }
}
