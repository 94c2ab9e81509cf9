package import MartletCore

/// Says what became of acquired records, without fetching more.
package struct ShareAcknowledgeRequest: KafkaRequest {
    package typealias Response = ShareAcknowledgeResponse

    package static let key = APIKey.shareAcknowledge
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16 = 0

    package var group: GroupID? = nil
    package var member: MemberID? = nil
    /// Counts the requests of a session; -1 closes it.
    package var shareSessionEpoch: Int32 = 0
    /// Some acknowledgements renew locks (since version 2).
    package var renewsLocks = false
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.field(&shareSessionEpoch)
        try wire.field(&renewsLocks, since: 2)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ShareAcknowledgeRequest {
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
        package var acknowledgementBatches: [AcknowledgementBatch] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&acknowledgementBatches)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether that was noted.
package struct ShareAcknowledgeResponse: KafkaResponse {
    package typealias Request = ShareAcknowledgeRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    /// How long the member has for its records before others get them (since version 2).
    package var acquisitionLockTimeoutMs: Int32 = 0
    package var topics: [Topic] = []
    /// Addresses of the leaders named in `currentLeader`.
    package var nodeEndpoints: [NodeEndpoint] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&acquisitionLockTimeoutMs, since: 2)
        try wire.field(&topics)
        try wire.field(&nodeEndpoints)
        try wire.taggedFields()
    }
}

extension ShareAcknowledgeResponse {
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
        /// Where to turn to instead, with an error about leadership.
        package var currentLeader = CurrentLeader()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&currentLeader)
            try wire.taggedFields()
        }
    }
}
