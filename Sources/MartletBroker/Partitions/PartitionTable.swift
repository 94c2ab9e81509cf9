internal import MartletCore

/// The partitions that one shard owns, by topic id and index.
struct PartitionTable {
    /// Nil for those that other shards own, or that are offline. A look-up hashes once.
    private var byTopic: [TopicID: [Partition?]] = [:]

    subscript(topic: TopicID, index: PartitionIndex) -> Partition? {
        guard let partitions = byTopic[topic], partitions.indices.contains(Int(index)) else { return nil }
        return partitions[Int(index)]
    }

    var all: some Sequence<Partition> { byTopic.values.lazy.joined().compactMap { $0 } }

    mutating func insert(_ partition: Partition) {
        let index = Int(partition.id.partition)
        var partitions = byTopic.removeValue(forKey: partition.topicID) ?? []
        if index >= partitions.count {
            partitions += Array(repeating: nil, count: index + 1 - partitions.count)
        }
        partitions[index] = partition
        byTopic[partition.topicID] = partitions
    }

    /// Takes the topic's partitions out; the caller closes them.
    mutating func remove(_ topic: TopicID) -> [Partition] {
        byTopic.removeValue(forKey: topic)?.compactMap { $0 } ?? []
    }
}
