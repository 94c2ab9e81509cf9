package import MartletCore

/// Brings forward the end of a token.
package struct ExpireDelegationTokenRequest: KafkaRequest {
    package typealias Response = ExpireDelegationTokenResponse

    package static let key = APIKey.expireDelegationToken
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16 = 2

    /// The secret of the token.
    package var hmac = Bytes.empty
    /// How long the token lasts from now; negative to end it at once.
    package var expiryTimePeriodMs: Int64 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&hmac)
        try wire.field(&expiryTimePeriodMs)
        try wire.taggedFields()
    }
}

/// The new end of the token.
package struct ExpireDelegationTokenResponse: KafkaResponse {
    package typealias Request = ExpireDelegationTokenRequest

    package var errorCode = ErrorCode.none
    package var expiryTimestampMs: Int64 = 0
    package var throttleTimeMs: Int32 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&expiryTimestampMs)
        try wire.field(&throttleTimeMs)
        try wire.taggedFields()
    }
}
