package import MartletCore

/// Carries one step of a SASL exchange.
package struct SASLAuthenticateRequest: KafkaRequest {
    package typealias Response = SASLAuthenticateResponse

    package static let key = APIKey.saslAuthenticate
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 2

    package var authBytes = Bytes.empty

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&authBytes)
        try wire.taggedFields()
    }
}

/// The broker's next step, or why the exchange failed.
package struct SASLAuthenticateResponse: KafkaResponse {
    package typealias Request = SASLAuthenticateRequest

    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var authBytes = Bytes.empty
    /// After this long the client must authenticate again; 0 for never (since version 1).
    package var sessionLifetimeMs: Int64 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&authBytes)
        try wire.field(&sessionLifetimeMs, since: 1)
        try wire.taggedFields()
    }
}
