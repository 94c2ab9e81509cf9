package import MartletCore

/// Adds access rules.
package struct CreateACLsRequest: KafkaRequest {
    package typealias Response = CreateACLsResponse

    package static let key = APIKey.createACLs
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16 = 2

    package var rules: [Rule] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&rules)
        try wire.taggedFields()
    }
}

extension CreateACLsRequest {
    package struct Rule: WireStruct {
        package var resourceType = ACLResourceType()
        package var resourceName = ""
        package var patternType = ACLPatternType.literal
        /// Type and name, as in `User:alice`.
        package var principal = ""
        /// An address, or `*` for all.
        package var host = ""
        package var operation = ACLOperation()
        package var permission = ACLPermission()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&resourceType)
            try wire.field(&resourceName)
            try wire.field(&patternType)
            try wire.field(&principal)
            try wire.field(&host)
            try wire.field(&operation)
            try wire.field(&permission)
            try wire.taggedFields()
        }
    }
}

/// Says for each rule, in the order of the request, whether it was added.
package struct CreateACLsResponse: KafkaResponse {
    package typealias Request = CreateACLsRequest

    package var throttleTimeMs: Int32 = 0
    package var results: [RuleResult] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&results)
        try wire.taggedFields()
    }
}

extension CreateACLsResponse {
    package struct RuleResult: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
