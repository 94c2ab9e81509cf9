package import MartletCore

/// Asks how far share groups have got.
package struct DescribeShareGroupOffsetsRequest: KafkaRequest {
    package typealias Response = DescribeShareGroupOffsetsResponse

    package static let key = APIKey.describeShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension DescribeShareGroupOffsetsRequest {
    package struct Group: WireStruct {
        package var id = GroupID()
        /// Null for all topics.
        package var topics: [Topic]? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// Start offset and lag of each partition.
package struct DescribeShareGroupOffsetsResponse: KafkaResponse {
    package typealias Request = DescribeShareGroupOffsetsRequest

    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension DescribeShareGroupOffsetsResponse {
    package struct Group: WireStruct {
        package var id = GroupID()
        package var topics: [Topic] = []
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&topics)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// First offset that is not done with.
        package var startOffset = Offset()
        package var leaderEpoch = LeaderEpoch.none
        /// Records that are not done with; -1 if unknown (since version 1).
        package var lag: Int64 = -1
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&startOffset)
            try wire.field(&leaderEpoch)
            try wire.field(&lag, since: 1)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
