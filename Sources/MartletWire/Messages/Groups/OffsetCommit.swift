package import MartletCore

/// Stores how far a consumer group has read.
package struct OffsetCommitRequest: KafkaRequest {
    package typealias Response = OffsetCommitResponse

    package static let key = APIKey.offsetCommit
    package static let versions: ClosedRange<Int16> = 2...10
    package static let flexibleFrom: Int16 = 8

    package var group = GroupID()
    /// The member epoch, where the group speaks the consumer protocol; -1 for a client that only stores
    /// offsets.
    package var generation = GenerationID.none
    package var member = MemberID()
    package var instance: InstanceID? = nil
    /// How long to keep the offsets; -1 for the broker's setting (versions 2 to 4).
    package var retentionTimeMs: Int64 = -1
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&generation)
        try wire.field(&member)
        try wire.field(&instance, since: 7)
        try wire.field(&retentionTimeMs, until: 4)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension OffsetCommitRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 10).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 9)
            try wire.field(&id, since: 10)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// Offset of the next record to read.
        package var offset = Offset()
        /// Epoch of the last record that was read.
        package var leaderEpoch = LeaderEpoch.none
        /// Text of the client's own, given back with the offset.
        package var metadata: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&offset)
            try wire.field(&leaderEpoch, since: 6)
            try wire.field(&metadata)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether its offset is stored.
package struct OffsetCommitResponse: KafkaResponse {
    package typealias Request = OffsetCommitRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 3)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension OffsetCommitResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 10).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 9)
            try wire.field(&id, since: 10)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
