package import MartletCore

/// Joins a consumer group, or joins again because it rebalances.
package struct JoinGroupRequest: KafkaRequest {
    package typealias Response = JoinGroupResponse

    package static let key = APIKey.joinGroup
    package static let versions: ClosedRange<Int16> = 0...9
    package static let flexibleFrom: Int16 = 6

    package var group = GroupID()
    /// After this long without a heartbeat the member is taken for dead.
    package var sessionTimeoutMs: Int32 = 0
    /// How long the group waits for this member to join again; -1 for the session timeout (version 0).
    package var rebalanceTimeoutMs: Int32 = -1
    /// Empty for a member that has no id yet.
    package var member = MemberID()
    /// Names a static member, which keeps its partitions across a restart (since version 5).
    package var instance: InstanceID? = nil
    /// What kind of group it is: `consumer`, `connect`, …
    package var protocolType = ""
    /// Ways of dividing the partitions that the member can take part in, the best first.
    package var protocols: [GroupProtocol] = []
    /// Why the member joins, for the log (since version 8).
    package var reason: String? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&sessionTimeoutMs)
        try wire.field(&rebalanceTimeoutMs, since: 1)
        try wire.field(&member)
        try wire.field(&instance, since: 5)
        try wire.field(&protocolType)
        try wire.field(&protocols)
        try wire.field(&reason, since: 8)
        try wire.taggedFields()
    }
}

extension JoinGroupRequest {
    package struct GroupProtocol: WireStruct {
        package var name = ""
        /// What the leader needs to know of the member for this protocol.
        package var metadata = Bytes.empty

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&metadata)
            try wire.taggedFields()
        }
    }
}

/// The new generation. The leader also learns who the members are, and divides the partitions among them.
package struct JoinGroupResponse: KafkaResponse {
    package typealias Request = JoinGroupRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var generation = GenerationID.none
    package var protocolType: String? = nil
    /// The protocol chosen. Not null before version 7.
    package var protocolName: String? = ""
    /// The member that divides the partitions.
    package var leader = MemberID()
    /// The leader need not divide again: the partitions stay as they are (since version 9).
    package var skipAssignment = false
    package var member = MemberID()
    /// For the leader alone.
    package var members: [Member] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 2)
        try wire.field(&errorCode)
        try wire.field(&generation)
        try wire.field(&protocolType, since: 7)
        try wire.field(&protocolName, nullableSince: 7)
        try wire.field(&leader)
        try wire.field(&skipAssignment, since: 9)
        try wire.field(&member)
        try wire.field(&members)
        try wire.taggedFields()
    }
}

extension JoinGroupResponse {
    package struct Member: WireStruct {
        package var id = MemberID()
        package var instance: InstanceID? = nil
        package var metadata = Bytes.empty

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&instance, since: 5)
            try wire.field(&metadata)
            try wire.taggedFields()
        }
    }
}
