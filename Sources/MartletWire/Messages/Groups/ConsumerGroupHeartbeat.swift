package import MartletCore

/// Joins, keeps and leaves a consumer group that the broker itself divides partitions for (KIP-848). After
/// the first one, a field that did not change may stay null.
package struct ConsumerGroupHeartbeatRequest: KafkaRequest {
    package typealias Response = ConsumerGroupHeartbeatResponse

    package static let key = APIKey.consumerGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var member = MemberID()
    /// 0 to join, -1 to leave, -2 to leave for now as a static member.
    package var memberEpoch = MemberEpoch()
    package var instance: InstanceID? = nil
    package var rack: String? = nil
    /// How long the member may take to give up partitions; -1 if unchanged.
    package var rebalanceTimeoutMs: Int32 = -1
    package var subscribedTopics: [TopicName]? = nil
    /// Topics whose names match, in RE2 syntax (since version 1).
    package var subscribedTopicRegex: String? = nil
    /// Who divides the partitions, if the member cares.
    package var assignor: String? = nil
    /// The partitions that the member owns now.
    package var topicPartitions: [TopicPartitions]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.field(&memberEpoch)
        try wire.field(&instance)
        try wire.field(&rack)
        try wire.field(&rebalanceTimeoutMs)
        try wire.field(&subscribedTopics)
        try wire.field(&subscribedTopicRegex, since: 1)
        try wire.field(&assignor)
        try wire.field(&topicPartitions)
        try wire.taggedFields()
    }
}

/// The member's epoch and, when it changed, the partitions that it should own.
package struct ConsumerGroupHeartbeatResponse: KafkaResponse {
    package typealias Request = ConsumerGroupHeartbeatRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var member: MemberID? = nil
    package var memberEpoch = MemberEpoch()
    package var heartbeatIntervalMs: Int32 = 0
    /// Null if unchanged.
    package var assignment: Assignment? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&member)
        try wire.field(&memberEpoch)
        try wire.field(&heartbeatIntervalMs)
        try wire.field(&assignment)
        try wire.taggedFields()
    }
}

extension ConsumerGroupHeartbeatResponse {
    package struct Assignment: WireStruct {
        package var topicPartitions: [TopicPartitions] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&topicPartitions)
            try wire.taggedFields()
        }
    }
}
