package import MartletCore
package import MartletWire

/// A partition of a topic by the id that the topic has for life.
package struct TopicIDPartition: Hashable, Sendable, Comparable {
    package var topic: TopicID
    package var partition: PartitionIndex

    package init(_ topic: TopicID, _ partition: PartitionIndex) {
        self.topic = topic
        self.partition = partition
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.topic, lhs.partition) < (rhs.topic, rhs.partition)
    }
}

/// Partitions, in order and without doubles, so that equal sets are equal bytes in records and answers.
package struct PartitionSet: Sendable, Equatable {
    package private(set) var elements: [TopicIDPartition]

    package init() { elements = [] }

    /// Takes partitions in any order.
    package init(_ partitions: some Sequence<TopicIDPartition>) {
        elements = []
        for partition in partitions.sorted() where elements.last != partition {
            elements.append(partition)
        }
    }

    /// Takes partitions that are in order, each once.
    init(sorted elements: [TopicIDPartition]) {
        assert(zip(elements, elements.dropFirst()).allSatisfy { $0 < $1 }, "partitions out of order")
        self.elements = elements
    }

    package var isEmpty: Bool { elements.isEmpty }
    package var count: Int { elements.count }

    package func contains(_ partition: TopicIDPartition) -> Bool {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if elements[middle] < partition { low = middle + 1 } else { high = middle }
        }
        return low < elements.count && elements[low] == partition
    }

    package func isSubset(of other: PartitionSet) -> Bool {
        elements.count <= other.elements.count && elements.allSatisfy(other.contains)
    }

    package func isDisjoint(with other: PartitionSet) -> Bool {
        !elements.contains(where: other.contains)
    }

    package func intersection(_ other: PartitionSet) -> PartitionSet {
        PartitionSet(sorted: elements.filter(other.contains))
    }

    package func subtracting(_ other: PartitionSet) -> PartitionSet {
        other.isEmpty ? self : PartitionSet(sorted: elements.filter { !other.contains($0) })
    }

    package func union(_ other: PartitionSet) -> PartitionSet {
        if other.isEmpty { return self }
        if isEmpty { return other }
        return PartitionSet(elements + other.elements)
    }

    package func filter(_ isIncluded: (TopicIDPartition) -> Bool) -> PartitionSet {
        PartitionSet(sorted: elements.filter(isIncluded))
    }
}

extension PartitionSet {
    /// Takes the partitions of a record or a request, which may come in any order and more than once.
    package init(_ topics: [TopicPartitions]) {
        self.init(
            topics.lazy.flatMap { topic in
                topic.partitions.lazy.map { TopicIDPartition(topic.topicID, $0) }
            })
    }

    /// Topic by topic, as records and answers have them.
    package var topicPartitions: [TopicPartitions] {
        var topics: [TopicPartitions] = []
        for element in elements {
            if topics.last?.topicID != element.topic {
                topics.append(TopicPartitions { $0.topicID = element.topic })
            }
            topics[topics.count - 1].partitions.append(element.partition)
        }
        return topics
    }
}
