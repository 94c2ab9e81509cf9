package import MartletCore

/// Reads how far a share group has got in its partitions, without the state of single records.
package struct ReadShareGroupStateSummaryRequest: KafkaRequest {
    package typealias Response = ReadShareGroupStateSummaryResponse

    package static let key = APIKey.readShareGroupStateSummary
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ReadShareGroupStateSummaryRequest {
    package struct Topic: WireStruct {
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// Fences a leader that has been replaced.
        package var leaderEpoch = LeaderEpoch.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&leaderEpoch)
            try wire.taggedFields()
        }
    }
}

/// Where each partition stands.
package struct ReadShareGroupStateSummaryResponse: KafkaResponse {
    package typealias Request = ReadShareGroupStateSummaryRequest

    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ReadShareGroupStateSummaryResponse {
    package struct Topic: WireStruct {
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var stateEpoch: Int32 = 0
        package var leaderEpoch = LeaderEpoch.none
        /// First offset that is not done with.
        package var startOffset = Offset()
        /// Records behind it that are done with already; -1 if unknown (since version 1).
        package var deliveryCompleteCount: Int32 = -1

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&stateEpoch)
            try wire.field(&leaderEpoch)
            try wire.field(&startOffset)
            try wire.field(&deliveryCompleteCount, since: 1)
            try wire.taggedFields()
        }
    }
}
