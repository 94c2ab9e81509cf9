package import MartletCore

/// Puts off the end of a token.
package struct RenewDelegationTokenRequest: KafkaRequest {
    package typealias Response = RenewDelegationTokenResponse

    package static let key = APIKey.renewDelegationToken
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16 = 2

    /// The secret of the token.
    package var hmac = Bytes.empty
    /// -1 for the broker's setting.
    package var renewPeriodMs: Int64 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&hmac)
        try wire.field(&renewPeriodMs)
        try wire.taggedFields()
    }
}

/// The new end of the token.
package struct RenewDelegationTokenResponse: KafkaResponse {
    package typealias Request = RenewDelegationTokenRequest

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
