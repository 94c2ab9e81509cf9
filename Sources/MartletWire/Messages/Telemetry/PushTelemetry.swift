package import MartletCore

/// Delivers metrics of a client.
package struct PushTelemetryRequest: KafkaRequest {
    package typealias Response = PushTelemetryResponse

    package static let key = APIKey.pushTelemetry
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var clientInstanceID = ClientInstanceID()
    package var subscriptionID: Int32 = 0
    /// The client closes: this is the last push.
    package var isTerminating = false
    /// Numbers as in record batches.
    package var compressionType: Int8 = 0
    /// In OpenTelemetry's form, compressed.
    package var metrics = Bytes.empty

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&clientInstanceID)
        try wire.field(&subscriptionID)
        try wire.field(&isTerminating)
        try wire.field(&compressionType)
        try wire.field(&metrics)
        try wire.taggedFields()
    }
}

/// Says whether the metrics were taken.
package struct PushTelemetryResponse: KafkaResponse {
    package typealias Request = PushTelemetryRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.taggedFields()
    }
}
