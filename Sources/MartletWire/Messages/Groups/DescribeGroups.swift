package import MartletCore

/// Asks for state and members of classic groups.
package struct DescribeGroupsRequest: KafkaRequest {
    package typealias Response = DescribeGroupsResponse

    package static let key = APIKey.describeGroups
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16 = 5

    package var groups: [GroupID] = []
    package var includeAuthorizedOperations = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&groups)
        try wire.field(&includeAuthorizedOperations, since: 3)
        try wire.taggedFields()
    }
}

/// State and members of the groups.
package struct DescribeGroupsResponse: KafkaResponse {
    package typealias Request = DescribeGroupsRequest

    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 1)
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension DescribeGroupsResponse {
    package struct Group: WireStruct {
        package var errorCode = ErrorCode.none
        /// Since version 6.
        package var errorMessage: String? = nil
        package var id = GroupID()
        package var state = ""
        package var protocolType = ""
        /// The protocol chosen; empty while the group has none.
        package var protocolName = ""
        package var members: [Member] = []
        package var authorizedOperations = AuthorizedOperations.notRequested

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage, since: 6)
            try wire.field(&id)
            try wire.field(&state)
            try wire.field(&protocolType)
            try wire.field(&protocolName)
            try wire.field(&members)
            try wire.field(&authorizedOperations, since: 3)
            try wire.taggedFields()
        }
    }

    package struct Member: WireStruct {
        package var id = MemberID()
        package var instance: InstanceID? = nil
        package var clientID = ""
        package var clientHost = ""
        /// What the member said of itself when it joined.
        package var metadata = Bytes.empty
        package var assignment = Bytes.empty

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&instance, since: 4)
            try wire.field(&clientID)
            try wire.field(&clientHost)
            try wire.field(&metadata)
            try wire.field(&assignment)
            try wire.taggedFields()
        }
    }
}
