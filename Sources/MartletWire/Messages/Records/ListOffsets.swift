package import MartletCore

/// Looks up offsets by timestamp, or the ends of partitions.
package struct ListOffsetsRequest: KafkaRequest {
    package typealias Response = ListOffsetsResponse

    package static let key = APIKey.listOffsets
    package static let versions: ClosedRange<Int16> = 1...11
    package static let flexibleFrom: Int16 = 6

    /// The follower's id; -1 for a consumer.
    package var replica = BrokerID.none
    package var isolationLevel = IsolationLevel.readUncommitted
    package var topics: [Topic] = []
    /// How long to wait for what is in remote storage (since version 10).
    package var timeoutMs: Int32 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&replica)
        try wire.field(&isolationLevel, since: 2)
        try wire.field(&topics)
        try wire.field(&timeoutMs, since: 10)
        try wire.taggedFields()
    }
}

extension ListOffsetsRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// Lets a broker with older or newer knowledge refuse.
        package var currentLeaderEpoch = LeaderEpoch.none
        /// Milliseconds since 1970, or one of the negative constants of `ListOffsetsRequest`.
        package var timestamp: Int64 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&currentLeaderEpoch, since: 4)
            try wire.field(&timestamp)
            try wire.taggedFields()
        }
    }
}

/// The offset found for each partition; -1 if no record is that young.
package struct ListOffsetsResponse: KafkaResponse {
    package typealias Request = ListOffsetsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 2)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ListOffsetsResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none
        /// Of the record found, in milliseconds since 1970.
        package var timestamp: Int64 = -1
        package var offset = Offset.none
        /// Of the record found.
        package var leaderEpoch = LeaderEpoch.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&timestamp)
            try wire.field(&offset)
            try wire.field(&leaderEpoch, since: 4)
            try wire.taggedFields()
        }
    }
}
