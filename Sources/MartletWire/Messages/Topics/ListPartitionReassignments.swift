package import MartletCore

/// Asks which partitions are on the move.
package struct ListPartitionReassignmentsRequest: KafkaRequest {
    package typealias Response = ListPartitionReassignmentsResponse

    package static let key = APIKey.listPartitionReassignments
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var timeoutMs: Int32 = 60_000
    /// Null for all topics.
    package var topics: [Topic]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&timeoutMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ListPartitionReassignmentsRequest {
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

/// Partitions on the move, with the replicas that come and go.
package struct ListPartitionReassignmentsResponse: KafkaResponse {
    package typealias Request = ListPartitionReassignmentsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ListPartitionReassignmentsResponse {
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
        package var replicas: [BrokerID] = []
        package var addingReplicas: [BrokerID] = []
        package var removingReplicas: [BrokerID] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&replicas)
            try wire.field(&addingReplicas)
            try wire.field(&removingReplicas)
            try wire.taggedFields()
        }
    }
}
