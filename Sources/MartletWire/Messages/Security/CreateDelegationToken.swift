package import MartletCore

/// Creates a token with which others can act for its owner.
package struct CreateDelegationTokenRequest: KafkaRequest {
    package typealias Response = CreateDelegationTokenResponse

    package static let key = APIKey.createDelegationToken
    package static let versions: ClosedRange<Int16> = 1...3
    package static let flexibleFrom: Int16 = 2

    /// Null if the owner is who asks (since version 3).
    package var ownerPrincipalType: String? = nil
    /// Null if the owner is who asks (since version 3).
    package var ownerPrincipalName: String? = nil
    /// Who else may renew the token before it expires.
    package var renewers: [Renewer] = []
    /// -1 for the broker's limit.
    package var maxLifetimeMs: Int64 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&ownerPrincipalType, since: 3)
        try wire.field(&ownerPrincipalName, since: 3)
        try wire.field(&renewers)
        try wire.field(&maxLifetimeMs)
        try wire.taggedFields()
    }
}

extension CreateDelegationTokenRequest {
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

/// The token and its secret.
package struct CreateDelegationTokenResponse: KafkaResponse {
    package typealias Request = CreateDelegationTokenRequest

    package var errorCode = ErrorCode.none
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
    package var throttleTimeMs: Int32 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&principalType)
        try wire.field(&principalName)
        try wire.field(&tokenRequesterPrincipalType, since: 3)
        try wire.field(&tokenRequesterPrincipalName, since: 3)
        try wire.field(&issueTimestampMs)
        try wire.field(&expiryTimestampMs)
        try wire.field(&maxTimestampMs)
        try wire.field(&tokenID)
        try wire.field(&hmac)
        try wire.field(&throttleTimeMs)
        try wire.taggedFields()
    }
}
