internal import MartletCoordination
internal import MartletCore

/// All that the broker knows about topics, at one moment: an immutable value, replaced when something
/// changes.
struct MetadataImage: Sendable {
    /// One partition of a topic.
    struct Partition: Sendable, Equatable {
        var leader: BrokerID
        var leaderEpoch: LeaderEpoch
        var replicas: [BrokerID]
        var inSyncReplicas: [BrokerID]
    }

    /// One topic; its partitions are numbered as they lie in the array.
    struct Topic: Sendable {
        let id: TopicID
        let name: TopicName
        var partitions: [Partition] = []
        var settings = TopicSettings()
    }

    private(set) var topics: [TopicName: Topic] = [:]
    private(set) var names: [TopicID: TopicName] = [:]
    /// The topics as coordinators see them.
    private(set) var catalogue = TopicCatalogue()
    /// Deleted topics whose directories may still be there, since the broker stopped before it came to them.
    private(set) var removed: [TopicID: TopicName] = [:]
    /// The first producer id that no block was handed out for.
    private(set) var nextProducerID = ProducerID(rawValue: 0)

    subscript(id: TopicID) -> Topic? {
        names[id].flatMap { topics[$0] }
    }

    /// The image after one more record.
    mutating func apply(_ record: MetadataRecord) {
        switch record {
        case .topic(let name, let id):
            topics[name] = Topic(id: id, name: name)
            names[id] = name
        case .partition(let topic, let index, let partition):
            change(topic) { topic in
                // Records of a topic's partitions follow each other in order, so an index is known or the
                // next.
                let index = Int(index)
                if topic.partitions.indices.contains(index) {
                    topic.partitions[index] = partition
                } else if index == topic.partitions.count {
                    topic.partitions.append(partition)
                }
            }
            guard let topic = self[topic] else { return }
            catalogue.insert(
                TopicCatalogue.Topic(
                    id: topic.id, name: topic.name, partitionCount: topic.partitions.count))
        case .topicSetting(let name, let key, let value):
            guard let id = topics[name]?.id else { return }
            change(id) { $0.settings.apply(key, value) }
        case .topicRemoved(let id):
            guard let name = names.removeValue(forKey: id) else { return }
            topics[name] = nil
            catalogue.remove(id)
            removed[id] = name
        case .producerIDs(let next):
            nextProducerID = next
        }
    }

    /// Nothing is left of the topics that were deleted.
    mutating func forgetRemoved() {
        removed = [:]
    }

    private mutating func change(_ id: TopicID, _ body: (inout Topic) -> Void) {
        guard let name = names[id], var topic = topics.removeValue(forKey: name) else { return }
        body(&topic)
        topics[name] = topic
    }
}

/// One change of the metadata, as it is logged.
enum MetadataRecord: Sendable, Equatable {
    case topic(TopicName, TopicID)
    case partition(TopicID, PartitionIndex, MetadataImage.Partition)
    /// nil takes the setting back to its default.
    case topicSetting(TopicName, key: String, value: String?)
    case topicRemoved(TopicID)
    case producerIDs(next: ProducerID)
}
