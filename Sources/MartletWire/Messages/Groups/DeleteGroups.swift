package import MartletCore

/// Forgets groups without members, and their offsets.
package struct DeleteGroupsRequest: KafkaRequest {
    package typealias Response = DeleteGroupsResponse

    package static let key = APIKey.deleteGroups
    package static let versions: ClosedRange<Int16> = 0...3
    package static let flexibleFrom: Int16 = 2

    package var groups: [GroupID] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

/// Says for each group whether it is gone.
package struct DeleteGroupsResponse: KafkaResponse {
    package typealias Request = DeleteGroupsRequest

    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension DeleteGroupsResponse {
    package struct Group: WireStruct {
        package var id = GroupID()
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&errorCode)
            try wire.field(&errorMessage, since: 3)
            try wire.taggedFields()
        }
    }
}
