package import MartletCore

/// Asks for the names of all resources that have a configuration of their own. Version 0 asks for client
/// metrics alone.
package struct ListConfigResourcesRequest: KafkaRequest {
    package typealias Response = ListConfigResourcesResponse

    package static let key = APIKey.listConfigResources
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    /// Empty for all types (since version 1).
    package var resourceTypes: [ConfigResourceType] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&resourceTypes, since: 1)
        try wire.taggedFields()
    }
}

/// The resources.
package struct ListConfigResourcesResponse: KafkaResponse {
    package typealias Request = ListConfigResourcesRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var resources: [Resource] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&resources)
        try wire.taggedFields()
    }
}

extension ListConfigResourcesResponse {
    package struct Resource: WireStruct {
        package var name = ""
        package var type = ConfigResourceType.clientMetrics

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&type, since: 1)
            try wire.taggedFields()
        }
    }
}
