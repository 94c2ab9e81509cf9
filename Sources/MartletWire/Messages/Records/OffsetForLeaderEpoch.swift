package import MartletCore

/// Asks where the records of a leader epoch end, so that a reader can tell whether its log and the broker's
/// have parted.
package struct OffsetForLeaderEpochRequest: KafkaRequest {
    package typealias Response = OffsetForLeaderEpochResponse

    package static let key = APIKey.offsetForLeaderEpoch
    package static let versions: ClosedRange<Int16> = 2...4
    package static let flexibleFrom: Int16 = 4

    /// The follower's id; -1 for a consumer, -2 for a consumer of old.
    package var replica = BrokerID(rawValue: -2)
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&replica, since: 3)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension OffsetForLeaderEpochRequest {
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
        /// The epoch in question.
        package var leaderEpoch = LeaderEpoch.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&currentLeaderEpoch)
            try wire.field(&leaderEpoch)
            try wire.taggedFields()
        }
    }
}

/// The end of the epoch that was asked about, or of the last one before it.
package struct OffsetForLeaderEpochResponse: KafkaResponse {
    package typealias Request = OffsetForLeaderEpochRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension OffsetForLeaderEpochResponse {
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
        package var errorCode = ErrorCode.none
        package var index: PartitionIndex = 0
        /// The largest epoch that is not larger than the one asked about.
        package var leaderEpoch = LeaderEpoch.none
        /// First offset behind the records of that epoch.
        package var endOffset = Offset.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&index)
            try wire.field(&leaderEpoch)
            try wire.field(&endOffset)
            try wire.taggedFields()
        }
    }
}
