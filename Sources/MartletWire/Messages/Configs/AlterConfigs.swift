package import MartletCore

/// Replaces the whole configuration of topics or brokers: keys that are not named go back to their
/// defaults. IncrementalAlterConfigs is the better way.
package struct AlterConfigsRequest: KafkaRequest {
    package typealias Response = AlterConfigsResponse

    package static let key = APIKey.alterConfigs
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 2

    package var resources: [Resource] = []
    /// Check, but change nothing.
    package var validateOnly = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&resources)
        try wire.field(&validateOnly)
        try wire.taggedFields()
    }
}

extension AlterConfigsRequest {
    package struct Resource: WireStruct {
        package var type = ConfigResourceType()
        package var name = ""
        package var configs: [Config] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&type)
            try wire.field(&name)
            try wire.field(&configs)
            try wire.taggedFields()
        }
    }

    package struct Config: WireStruct {
        package var name = ""
        package var value: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&value)
            try wire.taggedFields()
        }
    }
}

/// Says for each resource whether it was changed.
package struct AlterConfigsResponse: KafkaResponse {
    package typealias Request = AlterConfigsRequest

    package var throttleTimeMs: Int32 = 0
    package var resources: [Resource] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&resources)
        try wire.taggedFields()
    }
}

extension AlterConfigsResponse {
    package struct Resource: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var type = ConfigResourceType()
        package var name = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&type)
            try wire.field(&name)
            try wire.taggedFields()
        }
    }
}
