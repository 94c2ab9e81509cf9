package import MartletCore

/// Deletes topics with all of their records.
package struct DeleteTopicsRequest: KafkaRequest {
    package typealias Response = DeleteTopicsResponse

    package static let key = APIKey.deleteTopics
    package static let versions: ClosedRange<Int16> = 1...6
    package static let flexibleFrom: Int16 = 4

    /// By name or by id (since version 6).
    package var topics: [Topic] = []
    /// Up to version 5.
    package var topicNames: [TopicName] = []
    /// How long to wait until the topics are gone everywhere.
    package var timeoutMs: Int32 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics, since: 6)
        try wire.field(&topicNames, until: 5)
        try wire.field(&timeoutMs)
        try wire.taggedFields()
    }
}

extension DeleteTopicsRequest {
    package struct Topic: WireStruct {
        /// Null where the id is meant.
        package var name: TopicName? = nil
        package var id = TopicID.zero

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&id)
            try wire.taggedFields()
        }
    }
}

/// What became of each topic.
package struct DeleteTopicsResponse: KafkaResponse {
    package typealias Request = DeleteTopicsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DeleteTopicsResponse {
    package struct Topic: WireStruct {
        /// Null where the caller may not know it. Not null before version 6.
        package var name: TopicName? = ""
        package var id = TopicID.zero
        package var errorCode = ErrorCode.none
        /// Since version 5.
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, nullableSince: 6)
            try wire.field(&id, since: 6)
            try wire.field(&errorCode)
            try wire.field(&errorMessage, since: 5)
            try wire.taggedFields()
        }
    }
}
