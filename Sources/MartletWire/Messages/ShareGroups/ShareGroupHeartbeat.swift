package import MartletCore

/// Joins, keeps and leaves a share group. After the first one, a field that did not change may stay null.
package struct ShareGroupHeartbeatRequest: KafkaRequest {
    package typealias Response = ShareGroupHeartbeatResponse

    package static let key = APIKey.shareGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 1...1
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var member = MemberID()
    /// 0 to join, -1 to leave.
    package var memberEpoch = MemberEpoch()
    package var rack: String? = nil
    package var subscribedTopics: [TopicName]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.field(&memberEpoch)
        try wire.field(&rack)
        try wire.field(&subscribedTopics)
        try wire.taggedFields()
    }
}

/// The member's epoch and, when it changed, the partitions that it should read.
package struct ShareGroupHeartbeatResponse: KafkaResponse {
    package typealias Request = ShareGroupHeartbeatRequest

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

extension ShareGroupHeartbeatResponse {
    package struct Assignment: WireStruct {
        package var topicPartitions: [TopicPartitions] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&topicPartitions)
            try wire.taggedFields()
        }
    }
}
