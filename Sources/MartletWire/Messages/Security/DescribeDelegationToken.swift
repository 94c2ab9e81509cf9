package import MartletCore

/// Asks for tokens and their owners.
package struct DescribeDelegationTokenRequest: KafkaRequest {
    package typealias Response = DescribeDelegationTokenResponse

    package static let key = APIKey.describeDelegationToken
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16 = 2

    /// Null for all owners.
    package var owners: [Owner]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&owners)
        try wire.taggedFields()
    }
}

extension DescribeDelegationTokenRequest {
    package struct Owner: WireStruct {
        package var principalType = ""
        package var principalName = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&principalType)
            try wire.field(&principalName)
            try wire.taggedFields()
        }
    }
}

/// The tokens that the asking principal may see.
package struct DescribeDelegationTokenResponse: KafkaResponse {
    package typealias Request = DescribeDelegationTokenRequest

    package var errorCode = ErrorCode.none
    package var tokens: [Token] = []
    package var throttleTimeMs: Int32 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&tokens)
        try wire.field(&throttleTimeMs)
        try wire.taggedFields()
    }
}

extension DescribeDelegationTokenResponse {
    package struct Token: WireStruct {
        package var principalType = ""
        package var principalName = ""
        package var tokenRequesterPrincipalType = ""
        package var tokenRequesterPrincipalName = ""
        package var issueTimestampMs: Int64 = 0
        /// When the token ends unless it is renewed.
        package var expiryTimestampMs: Int64 = 0
        /// When the token ends in any case.
        package var maxTimestampMs: Int64 = 0
        package var tokenID = ""
        /// The secret of the token.
        package var hmac = Bytes.empty
        package var renewers: [Renewer] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&principalType)
            try wire.field(&principalName)
            try wire.field(&tokenRequesterPrincipalType, since: 3)
            try wire.field(&tokenRequesterPrincipalName, since: 3)
            try wire.field(&issueTimestampMs)
            try wire.field(&expiryTimestampMs)
            try wire.field(&maxTimestampMs)
            try wire.field(&tokenID)
            try wire.field(&hmac)
            try wire.field(&renewers)
            try wire.taggedFields()
        }
    }

    package struct Renewer: WireStruct {
        package var principalType = ""
        package var principalName = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&principalType)
            try wire.field(&principalName)
            try wire.taggedFields()
        }
    }
}
