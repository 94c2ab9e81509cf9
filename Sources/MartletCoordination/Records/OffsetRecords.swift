package import MartletCore
package import MartletWire

/// A committed offset, as `__consumer_offsets` keeps it.
package struct OffsetCommitValue: VersionedMessage {
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16 = 4

    package var offset = Offset.none
    /// Of the last record that was consumed.
    package var leaderEpoch = LeaderEpoch.none
    package var metadata = ""
    package var commitTimestamp = Timestamp.none
    /// When the offset ends, where the client said so (version 1 alone).
    package var expireTimestamp = Timestamp.none
    package var topicID = TopicID.zero

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&offset)
        try wire.field(&leaderEpoch, since: 3)
        try wire.field(&metadata)
        try wire.field(&commitTimestamp)
        try wire.field(&expireTimestamp, since: 1, until: 1)
        try wire.tagged(0, &topicID, since: 4, default: .zero)
        try wire.taggedFields()
    }

    /// In the oldest form that has what is known, as older brokers read that too.
    func encoded() throws(WireError) -> Bytes {
        if expireTimestamp != .none { return try encoded(1) }
        return try encoded(topicID == .zero ? 3 : 4)
    }
}

/// What a committed offset belongs to.
package struct OffsetCommitKey: VersionedMessage, Hashable {
    /// Version 0 was the same record in another time.
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom = Int16.max

    package var group = GroupID()
    package var topic = TopicName()
    package var partition: PartitionIndex = 0

    package init() {}

    package init(_ group: GroupID, _ topic: TopicName, _ partition: PartitionIndex) {
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
}
