package import MartletCore

/// Strikes a broker that is gone for good off the cluster's list.
package struct UnregisterBrokerRequest: KafkaRequest {
    package typealias Response = UnregisterBrokerResponse

    package static let key = APIKey.unregisterBroker
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var broker = BrokerID.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&broker)
        try wire.taggedFields()
    }
}

/// Says whether the broker is off the list.
package struct UnregisterBrokerResponse: KafkaResponse {
    package typealias Request = UnregisterBrokerRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.taggedFields()
    }
}
