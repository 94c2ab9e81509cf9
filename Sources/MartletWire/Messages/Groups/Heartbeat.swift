package import MartletCore

/// Tells the coordinator that a member is alive and still in its generation.
package struct HeartbeatRequest: KafkaRequest {
    package typealias Response = HeartbeatResponse

    package static let key = APIKey.heartbeat
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16 = 4

    package var group = GroupID()
    package var generation = GenerationID.none
    package var member = MemberID()
    /// Names a static member, which keeps its partitions across a restart (since version 3).
    package var instance: InstanceID? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&generation)
        try wire.field(&member)
        try wire.field(&instance, since: 3)
        try wire.taggedFields()
    }
}

/// Says whether the member is still part of the group, or has to join again.
package struct HeartbeatResponse: KafkaResponse {
    package typealias Request = HeartbeatRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 1)
        try wire.field(&errorCode)
        try wire.taggedFields()
    }
}
