package import MartletCore

/// Sets and removes quotas of users, client ids and addresses.
package struct AlterClientQuotasRequest: KafkaRequest {
    package typealias Response = AlterClientQuotasResponse

    package static let key = APIKey.alterClientQuotas
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 1

    package var entries: [Entry] = []
    /// Check, but change nothing.
    package var validateOnly = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&entries)
        try wire.field(&validateOnly)
        try wire.taggedFields()
    }
}

extension AlterClientQuotasRequest {
    package struct Entry: WireStruct {
        /// The parts that together name whom the quota is for.
        package var entity: [EntityPart] = []
        package var operations: [Operation] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&entity)
            try wire.field(&operations)
            try wire.taggedFields()
        }
    }

    package struct EntityPart: WireStruct {
        /// `user`, `client-id` or `ip`.
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

    package struct Operation: WireStruct {
        package var key = ""
        package var value: Double = 0
        package var removes = false

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&key)
            try wire.field(&value)
            try wire.field(&removes)
            try wire.taggedFields()
        }
    }
}

/// Says for each entity whether its quotas were changed.
package struct AlterClientQuotasResponse: KafkaResponse {
    package typealias Request = AlterClientQuotasRequest

    package var throttleTimeMs: Int32 = 0
    package var entries: [Entry] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&entries)
        try wire.taggedFields()
    }
}

extension AlterClientQuotasResponse {
    package struct Entry: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        /// The parts that together name whom the quota is for.
        package var entity: [EntityPart] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&entity)
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
}
