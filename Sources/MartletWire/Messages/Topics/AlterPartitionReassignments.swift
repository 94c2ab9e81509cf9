package import MartletCore

/// Moves partitions to other replicas, or calls off a move.
package struct AlterPartitionReassignmentsRequest: KafkaRequest {
    package typealias Response = AlterPartitionReassignmentsResponse

    package static let key = APIKey.alterPartitionReassignments
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var timeoutMs: Int32 = 60_000
    /// Since version 1.
    package var allowReplicationFactorChange = true
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&timeoutMs)
        try wire.field(&allowReplicationFactorChange, since: 1)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension AlterPartitionReassignmentsRequest {
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
        /// Where the partition should be; null to call off a move.
        package var replicas: [BrokerID]? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&replicas)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether the move has begun.
package struct AlterPartitionReassignmentsResponse: KafkaResponse {
    package typealias Request = AlterPartitionReassignmentsRequest

    package var throttleTimeMs: Int32 = 0
    /// As asked for (since version 1).
    package var allowReplicationFactorChange = true
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&allowReplicationFactorChange, since: 1)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension AlterPartitionReassignmentsResponse {
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
