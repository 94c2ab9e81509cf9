package import MartletCore

/// Deletes all access rules that any of the filters lets through.
package struct DeleteACLsRequest: KafkaRequest {
    package typealias Response = DeleteACLsResponse

    package static let key = APIKey.deleteACLs
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16 = 2

    package var filters: [Filter] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&filters)
        try wire.taggedFields()
    }
}

extension DeleteACLsRequest {
    package struct Filter: WireStruct {
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
}

/// Says for each filter, in the order of the request, which rules it deleted.
package struct DeleteACLsResponse: KafkaResponse {
    package typealias Request = DeleteACLsRequest

    package var throttleTimeMs: Int32 = 0
    package var results: [FilterResult] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&results)
        try wire.taggedFields()
    }
}

extension DeleteACLsResponse {
    package struct FilterResult: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var rules: [Rule] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&rules)
            try wire.taggedFields()
        }
    }

    package struct Rule: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var resourceType = ACLResourceType()
        package var resourceName = ""
        package var patternType = ACLPatternType.literal
        package var principal = ""
        package var host = ""
        package var operation = ACLOperation()
        package var permission = ACLPermission()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
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
