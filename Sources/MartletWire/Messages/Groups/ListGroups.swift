package import MartletCore

/// Asks for all groups that a broker coordinates.
package struct ListGroupsRequest: KafkaRequest {
    package typealias Response = ListGroupsResponse

    package static let key = APIKey.listGroups
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16 = 3

    /// Only groups in one of these states; empty for all (since version 4).
    package var statesFilter: [String] = []
    /// Only groups of one of these types; empty for all (since version 5).
    package var typesFilter: [String] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&statesFilter, since: 4)
        try wire.field(&typesFilter, since: 5)
        try wire.taggedFields()
    }
}

/// The groups, with their state (since version 4) and type (since version 5).
package struct ListGroupsResponse: KafkaResponse {
    package typealias Request = ListGroupsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 1)
        try wire.field(&errorCode)
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension ListGroupsResponse {
    package struct Group: WireStruct {
        package var id = GroupID()
        package var protocolType = ""
        package var state = ""
        package var type = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&protocolType)
            try wire.field(&state, since: 4)
            try wire.field(&type, since: 5)
            try wire.taggedFields()
        }
    }
}
