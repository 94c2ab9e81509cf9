package import MartletCore

/// Names the SASL mechanism that the client will authenticate with. After version 0 the exchange follows
/// without any framing of requests; after version 1 in SaslAuthenticate.
package struct SASLHandshakeRequest: KafkaRequest {
    package typealias Response = SASLHandshakeResponse

    package static let key = APIKey.saslHandshake
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = .max

    package var mechanism = ""

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&mechanism)
    }
}

/// The mechanisms that the broker has; with an error if the wanted one is not among them.
package struct SASLHandshakeResponse: KafkaResponse {
    package typealias Request = SASLHandshakeRequest

    package var errorCode = ErrorCode.none
    package var mechanisms: [String] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&mechanisms)
    }
}
