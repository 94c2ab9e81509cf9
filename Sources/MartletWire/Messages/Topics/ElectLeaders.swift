package import MartletCore

/// Chooses new leaders for partitions.
package struct ElectLeadersRequest: KafkaRequest {
    package typealias Response = ElectLeadersResponse

    package static let key = APIKey.electLeaders
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 2

    package var electionType = ElectionType()
    /// Null for all partitions.
    package var topics: [Topic]? = nil
    package var timeoutMs: Int32 = 60_000

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&electionType, since: 1)
        try wire.field(&topics)
        try wire.field(&timeoutMs)
        try wire.taggedFields()
    }
}

extension ElectLeadersRequest {
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

/// Says for each partition whether it has a new leader.
package struct ElectLeadersResponse: KafkaResponse {
    package typealias Request = ElectLeadersRequest

    package var throttleTimeMs: Int32 = 0
    /// Concerns the request as a whole (since version 1).
    package var errorCode = ErrorCode.none
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode, since: 1)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ElectLeadersResponse {
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
