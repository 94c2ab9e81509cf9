internal import MartletCore

/// The partitions that one shard owns, by topic id and index.
struct PartitionTable {
    private var byTopic: [TopicID: [PartitionIndex: Partition]] = [:]

    subscript(topic: TopicID, index: PartitionIndex) -> Partition? {
        byTopic[topic]?[index]
    }

    var all: some Sequence<Partition> { byTopic.values.lazy.flatMap(\.values) }

    mutating func insert(_ partition: Partition) {
        byTopic[partition.topicID, default: [:]][partition.id.partition] = partition
    }

    /// Takes the topic's partitions out; the caller closes them.
    mutating func remove(_ topic: TopicID) -> [Partition] {
        byTopic.removeValue(forKey: topic).map { Array($0.values) } ?? []
    }
}
