package import MartletCore

/// Stores the state of a share group's partitions: the partition leader's word to the share coordinator.
package struct WriteShareGroupStateRequest: KafkaRequest {
    package typealias Response = WriteShareGroupStateResponse

    package static let key = APIKey.writeShareGroupState
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

extension WriteShareGroupStateRequest {
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
        /// Fences writers of an earlier life of the group.
        package var stateEpoch: Int32 = 0
        /// Fences a leader that has been replaced.
        package var leaderEpoch = LeaderEpoch.none
        /// First offset that is not done with; -1 if unchanged.
        package var startOffset = Offset()
        /// Records behind it that are done with already; -1 if unknown (since version 1).
        package var deliveryCompleteCount: Int32 = -1
        /// What became of the records behind it.
        package var stateBatches: [StateBatch] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&stateEpoch)
            try wire.field(&leaderEpoch)
            try wire.field(&startOffset)
            try wire.field(&deliveryCompleteCount, since: 1)
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

/// Says for each partition whether its state is stored.
package struct WriteShareGroupStateResponse: KafkaResponse {
    package typealias Request = WriteShareGroupStateRequest

    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension WriteShareGroupStateResponse {
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

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
