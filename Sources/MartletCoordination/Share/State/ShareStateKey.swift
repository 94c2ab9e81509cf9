package import MartletCore
package import MartletWire

/// Whose progress it is, and where: a share group in one partition of a topic.
package struct ShareStateKey: VersionedMessage, Hashable {
    /// The version of a key tells the kind of its record; the fields are the same for both kinds.
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom = Int16.max

    package var group = GroupID()
    package var topic = TopicID.zero
    package var partition: PartitionIndex = 0

    package init() {}

    package init(_ group: GroupID, _ topic: TopicID, _ partition: PartitionIndex) {
        self.group = group
        self.topic = topic
        self.partition = partition
    }

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&topic)
        try wire.field(&partition)
        try wire.taggedFields()
    }

    /// The partition of `__share_group_state` that keeps it, as Apache Kafka has it.
    package func coordinatorPartition(count: Int) -> PartitionIndex {
        CoordinatorPartition.of("\(group):\(topic):\(partition)", count: count)
    }
}
