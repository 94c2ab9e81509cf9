package import MartletCore

/// Changes single keys in the configuration of topics, brokers or groups.
package struct IncrementalAlterConfigsRequest: KafkaRequest {
    package typealias Response = IncrementalAlterConfigsResponse

    package static let key = APIKey.incrementalAlterConfigs
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 1

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

extension IncrementalAlterConfigsRequest {
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
        package var operation = AlterConfigOperation()
        package var value: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&operation)
            try wire.field(&value)
            try wire.taggedFields()
        }
    }
}

/// Says for each resource whether it was changed; of one resource all keys are changed or none.
package struct IncrementalAlterConfigsResponse: KafkaResponse {
    package typealias Request = IncrementalAlterConfigsRequest

    package var throttleTimeMs: Int32 = 0
    package var resources: [Resource] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&resources)
        try wire.taggedFields()
    }
}

extension IncrementalAlterConfigsResponse {
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
