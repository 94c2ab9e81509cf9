package import MartletCore

/// Begins the stored state of a share group's partitions: the group coordinator's word to the share
/// coordinator.
package struct InitializeShareGroupStateRequest: KafkaRequest {
    package typealias Response = InitializeShareGroupStateResponse

    package static let key = APIKey.initializeShareGroupState
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

extension InitializeShareGroupStateRequest {
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
        /// Where to start; -1 to leave it to the first reader.
        package var startOffset = Offset()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&stateEpoch)
            try wire.field(&startOffset)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether its state has begun.
package struct InitializeShareGroupStateResponse: KafkaResponse {
    package typealias Request = InitializeShareGroupStateRequest

    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension InitializeShareGroupStateResponse {
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
