package import MartletCore

/// Creates topics.
package struct CreateTopicsRequest: KafkaRequest {
    package typealias Response = CreateTopicsResponse

    package static let key = APIKey.createTopics
    package static let versions: ClosedRange<Int16> = 2...7
    package static let flexibleFrom: Int16 = 5

    package var topics: [Topic] = []
    /// How long to wait until the topics exist everywhere.
    package var timeoutMs: Int32 = 60_000
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

extension CreateTopicsRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// -1 for the broker's default, or where `assignments` says it.
        package var partitionCount: Int32 = 0
        /// -1 for the broker's default, or where `assignments` says it.
        package var replicationFactor: Int16 = 0
        /// Replicas of each partition, where the client wants to choose them; the first is the preferred
        /// leader.
        package var assignments: [Assignment] = []
        package var configs: [Config] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitionCount)
            try wire.field(&replicationFactor)
            try wire.field(&assignments)
            try wire.field(&configs)
            try wire.taggedFields()
        }
    }

    package struct Assignment: WireStruct {
        package var partition: PartitionIndex = 0
        package var replicas: [BrokerID] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&partition)
            try wire.field(&replicas)
            try wire.taggedFields()
        }
    }

    package struct Config: WireStruct {
        package var name = ""
        package var value: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&value)
            try wire.taggedFields()
        }
    }
}

/// What became of each topic.
package struct CreateTopicsResponse: KafkaResponse {
    package typealias Request = CreateTopicsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension CreateTopicsResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var id = TopicID.zero
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        /// Says why `configs` is missing.
        package var configErrorCode = ErrorCode.none
        package var partitionCount: Int32 = -1
        package var replicationFactor: Int16 = -1
        /// The topic's configuration as it came out (since version 5).
        package var configs: [Config]? = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&id, since: 7)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&partitionCount, since: 5)
            try wire.field(&replicationFactor, since: 5)
            try wire.field(&configs, since: 5)
            try wire.tagged(0, &configErrorCode, default: .none)
            try wire.taggedFields()
        }
    }

    package struct Config: WireStruct {
        package var name = ""
        package var value: String? = nil
        package var isReadOnly = false
        package var source = ConfigSource(rawValue: -1)
        /// The value is withheld.
        package var isSensitive = false

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&value)
            try wire.field(&isReadOnly)
            try wire.field(&source)
            try wire.field(&isSensitive)
            try wire.taggedFields()
        }
    }
}
