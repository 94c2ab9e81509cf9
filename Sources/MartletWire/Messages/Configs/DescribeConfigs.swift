package import MartletCore

/// Asks for the configuration of topics, brokers or groups.
package struct DescribeConfigsRequest: KafkaRequest {
    package typealias Response = DescribeConfigsResponse

    package static let key = APIKey.describeConfigs
    package static let versions: ClosedRange<Int16> = 1...4
    package static let flexibleFrom: Int16 = 4

    package var resources: [Resource] = []
    /// Since version 1.
    package var includeSynonyms = false
    /// Since version 3.
    package var includeDocumentation = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&resources)
        try wire.field(&includeSynonyms)
        try wire.field(&includeDocumentation, since: 3)
        try wire.taggedFields()
    }
}

extension DescribeConfigsRequest {
    package struct Resource: WireStruct {
        package var type = ConfigResourceType()
        package var name = ""
        /// Null for all keys.
        package var keys: [String]? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&type)
            try wire.field(&name)
            try wire.field(&keys)
            try wire.taggedFields()
        }
    }
}

/// Each key with its value, and where the value comes from.
package struct DescribeConfigsResponse: KafkaResponse {
    package typealias Request = DescribeConfigsRequest

    package var throttleTimeMs: Int32 = 0
    package var resources: [Resource] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&resources)
        try wire.taggedFields()
    }
}

extension DescribeConfigsResponse {
    package struct Resource: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var type = ConfigResourceType()
        package var name = ""
        package var configs: [Config] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&type)
            try wire.field(&name)
            try wire.field(&configs)
            try wire.taggedFields()
        }
    }

    package struct Config: WireStruct {
        package var name = ""
        package var value: String? = nil
        package var isReadOnly = false
        package var source = ConfigSource(rawValue: -1)
        /// The value is withheld.
        package var isSensitive = false
        /// All places where the key has a value, the one in force first.
        package var synonyms: [Synonym] = []
        package var type = ConfigType.unknown
        package var documentation: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&value)
            try wire.field(&isReadOnly)
            try wire.field(&source)
            try wire.field(&isSensitive)
            try wire.field(&synonyms)
            try wire.field(&type, since: 3)
            try wire.field(&documentation, since: 3)
            try wire.taggedFields()
        }
    }

    package struct Synonym: WireStruct {
        package var name = ""
        package var value: String? = nil
        package var source = ConfigSource()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&value)
            try wire.field(&source)
            try wire.taggedFields()
        }
    }
}
