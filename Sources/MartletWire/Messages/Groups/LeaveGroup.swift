package import MartletCore

/// Takes members out of a group at once, without waiting for their sessions to end.
package struct LeaveGroupRequest: KafkaRequest {
    package typealias Response = LeaveGroupResponse

    package static let key = APIKey.leaveGroup
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16 = 4

    package var group = GroupID()
    /// Up to version 2.
    package var member = MemberID()
    /// Since version 3.
    package var members: [Member] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member, until: 2)
        try wire.field(&members, since: 3)
        try wire.taggedFields()
    }
}

extension LeaveGroupRequest {
    package struct Member: WireStruct {
        package var id = MemberID()
        package var instance: InstanceID? = nil
        /// For the log (since version 5).
        package var reason: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&instance)
            try wire.field(&reason, since: 5)
            try wire.taggedFields()
        }
    }
}

/// Says what became of each member.
package struct LeaveGroupResponse: KafkaResponse {
    package typealias Request = LeaveGroupRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var members: [Member] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 1)
        try wire.field(&errorCode)
        try wire.field(&members, since: 3)
        try wire.taggedFields()
    }
}

extension LeaveGroupResponse {
    package struct Member: WireStruct {
        package var id = MemberID()
        package var instance: InstanceID? = nil
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&instance)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
