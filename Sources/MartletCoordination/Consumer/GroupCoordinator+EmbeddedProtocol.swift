internal import MartletCore
internal import MartletWire

/// What classic consumers tell each other names topics; the coordinator knows them by their ids.
extension GroupCoordinator {
    /// Partitions by topic name, as far as the topics exist.
    func partitions(_ topics: [ConsumerProtocolPartitions]) -> PartitionSet {
        PartitionSet(
            topics.lazy.flatMap { topic -> [TopicIDPartition] in
                guard let id = self.topics[topic.topic]?.id else { return [] }
                return topic.partitions.map { TopicIDPartition(id, $0) }
            })
    }

    /// The assignment in the version of the consumers' own messages that the member speaks.
    func classicAssignment(_ partitions: PartitionSet, of member: ConsumerMember) -> Bytes {
        let metadata = member.classic?.protocols.first?.metadata ?? .empty
        let version = (try? ConsumerProtocolSubscription.prefixed(metadata).version) ?? 0
        let assignment = ConsumerProtocolAssignment {
            $0.partitions = partitions.topicPartitions.compactMap { topic in
                topics[topic.topicID].map { known in
                    .init {
                        $0.topic = known.name
                        $0.partitions = topic.partitions
                    }
                }
            }
        }
        let highest = ConsumerProtocolAssignment.versions.upperBound
        return (try? assignment.prefixed(version: min(max(version, 0), highest))) ?? .empty
    }
}
