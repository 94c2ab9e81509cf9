public import MartletCore

/// Chooses a partition for a record that names none.
public protocol Partitioner: Sendable {
    /// Called for each record, in the sender's task, under the producer's lock: compute and return, never
    /// wait.
    ///
    /// - Parameters:
    ///   - key: The record's key, or nil.
    ///   - partitionCount: How many partitions the topic has, at least 1.
    /// - Returns: A partition below `partitionCount`, or nil for the producer's own choice, which keeps to
    ///   one partition
    ///   until a batch is full and then takes another.
    func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex?
}

/// Kafka's own choice: the murmur2 hash of the key, and no opinion on records without one.
///
/// A key lands in the same partition as from the Java client.
public struct DefaultPartitioner: Partitioner {
    public init() {}

    public func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex? {
        key.map { key in
            key.withUnsafeBytes { Int32(bitPattern: Murmur2.hash($0) & 0x7FFF_FFFF) % partitionCount }
        }
    }
}
