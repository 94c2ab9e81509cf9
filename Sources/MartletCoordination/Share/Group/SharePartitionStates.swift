package import MartletCore
internal import MartletWire

/// For which partitions the stored state of a share group has begun, is about to, or is about to end.
package struct SharePartitionStates: Sendable, Equatable {
    package struct Topic: Sendable, Equatable {
        package var name: TopicName
        package var initializing: Set<PartitionIndex> = []
        package var initialized: Set<PartitionIndex> = []
        package var isDeleting = false

        var isEmpty: Bool { initializing.isEmpty && initialized.isEmpty && !isDeleting }
    }

    package private(set) var topics: [TopicID: Topic] = [:]

    package init() {}

    init(_ value: SharePartitionStatesValue) {
        for topic in value.initializing {
            topics[topic.id, default: Topic(name: topic.name)].initializing.formUnion(topic.partitions)
        }
        for topic in value.initialized {
            topics[topic.id, default: Topic(name: topic.name)].initialized.formUnion(topic.partitions)
        }
        for topic in value.deleting {
            topics[topic.id, default: Topic(name: topic.name)].isDeleting = true
        }
    }

    package var isEmpty: Bool { topics.isEmpty }

    package func initialized(_ topic: TopicID) -> Set<PartitionIndex> { topics[topic]?.initialized ?? [] }

    var value: SharePartitionStatesValue {
        var value = SharePartitionStatesValue()
        for (id, topic) in topics.sorted(by: { $0.key < $1.key }) {
            func entry(_ partitions: Set<PartitionIndex>) -> [SharePartitionStatesValue.Topic] {
                guard !partitions.isEmpty else { return [] }
                return [
                    .init {
                        $0.id = id
                        $0.name = topic.name
                        $0.partitions = partitions.sorted()
                    }
                ]
            }
            value.initializing += entry(topic.initializing)
            value.initialized += entry(topic.initialized)
            if topic.isDeleting {
                value.deleting.append(
                    .init {
                        $0.id = id
                        $0.name = topic.name
                    })
            }
        }
        return value
    }

    // MARK: Change

    /// The states of these partitions are about to begin; those that have are left as they are.
    mutating func initialize(_ topic: TopicCatalogue.Topic, _ partitions: some Sequence<PartitionIndex>) {
        let new = Set(partitions).subtracting(initialized(topic.id))
        guard !new.isEmpty else { return }
        topics[topic.id, default: Topic(name: topic.name)].initializing.formUnion(new)
    }

    mutating func didInitialize(_ topic: TopicID, _ partition: PartitionIndex) {
        guard topics[topic]?.isDeleting == false else { return }
        topics[topic]?.initializing.remove(partition)
        topics[topic]?.initialized.insert(partition)
    }

    /// The states of this topic are about to end.
    mutating func delete(_ topic: TopicID) {
        topics[topic]?.initializing = []
        topics[topic]?.initialized = []
        topics[topic]?.isDeleting = true
    }

    mutating func forget(_ topic: TopicID) {
        topics[topic] = nil
    }
}
