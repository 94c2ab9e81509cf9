package import MartletCore

/// Fetches a member's part of the assignment; the leader delivers all parts with it.
package struct SyncGroupRequest: KafkaRequest {
    package typealias Response = SyncGroupResponse

    package static let key = APIKey.syncGroup
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16 = 4

    package var group = GroupID()
    package var generation = GenerationID.none
    package var member = MemberID()
    package var instance: InstanceID? = nil
    package var protocolType: String? = nil
    package var protocolName: String? = nil
    /// From the leader alone.
    package var assignments: [Assignment] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&generation)
        try wire.field(&member)
        try wire.field(&instance, since: 3)
        try wire.field(&protocolType, since: 5)
        try wire.field(&protocolName, since: 5)
        try wire.field(&assignments)
        try wire.taggedFields()
    }
}

extension SyncGroupRequest {
    package struct Assignment: WireStruct {
        package var member = MemberID()
        /// For one member, in the form that its protocol knows.
        package var assignment = Bytes.empty

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&member)
            try wire.field(&assignment)
            try wire.taggedFields()
        }
    }
}

/// The part of this member.
package struct SyncGroupResponse: KafkaResponse {
    package typealias Request = SyncGroupRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var protocolType: String? = nil
    package var protocolName: String? = nil
    /// In the form that the group's protocol knows.
    package var assignment = Bytes.empty

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 1)
        try wire.field(&errorCode)
        try wire.field(&protocolType, since: 5)
        try wire.field(&protocolName, since: 5)
        try wire.field(&assignment)
        try wire.taggedFields()
    }
}
