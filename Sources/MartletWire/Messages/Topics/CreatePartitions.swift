package import MartletCore

/// Gives topics more partitions.
package struct CreatePartitionsRequest: KafkaRequest {
    package typealias Response = CreatePartitionsResponse

    package static let key = APIKey.createPartitions
    package static let versions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16 = 2

    package var topics: [Topic] = []
    package var timeoutMs: Int32 = 0
    /// Check, but create nothing.
    package var validateOnly = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.field(&timeoutMs)
        try wire.field(&validateOnly)
        try wire.taggedFields()
    }
}

extension CreatePartitionsRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// How many partitions the topic should have then.
        package var partitionCount: Int32 = 0
        /// Replicas of each new partition; null to let the broker choose.
        package var assignments: [Assignment]? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitionCount)
            try wire.field(&assignments)
            try wire.taggedFields()
        }
    }

    package struct Assignment: WireStruct {
        package var replicas: [BrokerID] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&replicas)
            try wire.taggedFields()
        }
    }
}

/// What became of each topic.
package struct CreatePartitionsResponse: KafkaResponse {
    package typealias Request = CreatePartitionsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension CreatePartitionsResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
