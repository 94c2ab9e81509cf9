package import MartletCore

/// Reads the stored state of a share group's partitions: the partition leader's word to the share
/// coordinator.
package struct ReadShareGroupStateRequest: KafkaRequest {
    package typealias Response = ReadShareGroupStateResponse

    package static let key = APIKey.readShareGroupState
    package static let versions: ClosedRange<Int16> = 0...0
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

extension ReadShareGroupStateRequest {
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

/// The state of each partition.
package struct ReadShareGroupStateResponse: KafkaResponse {
    package typealias Request = ReadShareGroupStateRequest

    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ReadShareGroupStateResponse {
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
        /// First offset that is not done with.
        package var startOffset = Offset()
        /// What became of the records behind it.
        package var stateBatches: [StateBatch] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&stateEpoch)
            try wire.field(&startOffset)
            try wire.field(&stateBatches)
            try wire.taggedFields()
        }
    }

    package struct StateBatch: WireStruct {
        package var firstOffset = Offset()
        package var lastOffset = Offset()
        package var deliveryState = DeliveryState()
        package var deliveryCount: Int16 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&firstOffset)
            try wire.field(&lastOffset)
            try wire.field(&deliveryState)
            try wire.field(&deliveryCount)
            try wire.taggedFields()
        }
    }
}
