package import MartletCore

/// Asks for the access rules that a filter lets through.
package struct DescribeACLsRequest: KafkaRequest {
    package typealias Response = DescribeACLsResponse

    package static let key = APIKey.describeACLs
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16 = 2

    package var resourceType = ACLResourceType()
    /// Null for any.
    package var resourceName: String? = nil
    package var patternType = ACLPatternType.literal
    /// Null for any.
    package var principal: String? = nil
    /// Null for any.
    package var host: String? = nil
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

/// The rules, by resource.
package struct DescribeACLsResponse: KafkaResponse {
    package typealias Request = DescribeACLsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var resources: [Resource] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&resources)
        try wire.taggedFields()
    }
}

extension DescribeACLsResponse {
    package struct Resource: WireStruct {
        package var type = ACLResourceType()
        package var name = ""
        package var patternType = ACLPatternType.literal
        package var rules: [Rule] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&type)
            try wire.field(&name)
            try wire.field(&patternType)
            try wire.field(&rules)
            try wire.taggedFields()
        }
    }

    package struct Rule: WireStruct {
        package var principal = ""
        package var host = ""
        package var operation = ACLOperation()
        package var permission = ACLPermission()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&principal)
            try wire.field(&host)
            try wire.field(&operation)
            try wire.field(&permission)
            try wire.taggedFields()
        }
    }
}
