package import MartletCore

/// Asks which metrics the broker wants of this client.
package struct GetTelemetrySubscriptionsRequest: KafkaRequest {
    package typealias Response = GetTelemetrySubscriptionsResponse

    package static let key = APIKey.getTelemetrySubscriptions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    /// Zero on the first request: the broker chooses.
    package var clientInstanceID = ClientInstanceID()

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&clientInstanceID)
        try wire.taggedFields()
    }
}

/// What to push, how, and how often.
package struct GetTelemetrySubscriptionsResponse: KafkaResponse {
    package typealias Request = GetTelemetrySubscriptionsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var clientInstanceID = ClientInstanceID()
    /// Names this subscription: it changes with its content.
    package var subscriptionID: Int32 = 0
    /// Numbers as in record batches, the best first.
    package var acceptedCompressionTypes: [Int8] = []
    package var pushIntervalMs: Int32 = 0
    /// Bytes that a push may carry.
    package var maxBytes: Int32 = 0
    /// Counters are sent as differences instead of sums.
    package var isDelta = false
    /// Prefixes of names; one empty prefix for all, none for nothing.
    package var requestedMetrics: [String] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&clientInstanceID)
        try wire.field(&subscriptionID)
        try wire.field(&acceptedCompressionTypes)
        try wire.field(&pushIntervalMs)
        try wire.field(&maxBytes)
        try wire.field(&isDelta)
        try wire.field(&requestedMetrics)
        try wire.taggedFields()
    }
}
