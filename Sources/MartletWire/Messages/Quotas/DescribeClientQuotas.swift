package import MartletCore

/// Asks for the quotas of users, client ids and addresses.
package struct DescribeClientQuotasRequest: KafkaRequest {
    package typealias Response = DescribeClientQuotasResponse

    package static let key = APIKey.describeClientQuotas
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 1

    /// All of them must match.
    package var components: [Component] = []
    /// Leave out entities that have parts which the filter does not name.
    package var isStrict = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&components)
        try wire.field(&isStrict)
        try wire.taggedFields()
    }
}

extension DescribeClientQuotasRequest {
    package struct Component: WireStruct {
        /// `user`, `client-id` or `ip`.
        package var entityType = ""
        package var matchType = QuotaMatchType()
        /// The name, where it must match exactly; otherwise null.
        package var match: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&entityType)
            try wire.field(&matchType)
            try wire.field(&match)
            try wire.taggedFields()
        }
    }
}

/// The quotas of each entity that all components of the filter let through.
package struct DescribeClientQuotasResponse: KafkaResponse {
    package typealias Request = DescribeClientQuotasRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    /// Null with an error.
    package var entries: [Entry]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&entries)
        try wire.taggedFields()
    }
}

extension DescribeClientQuotasResponse {
    package struct Entry: WireStruct {
        /// The parts that together name whom the quota is for.
        package var entity: [EntityPart] = []
        package var values: [Value] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&entity)
            try wire.field(&values)
            try wire.taggedFields()
        }
    }

    package struct EntityPart: WireStruct {
        package var type = ""
        /// Null for the default.
        package var name: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&type)
            try wire.field(&name)
            try wire.taggedFields()
        }
    }

    package struct Value: WireStruct {
        package var key = ""
        package var value: Double = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&key)
            try wire.field(&value)
            try wire.taggedFields()
        }
    }
}
