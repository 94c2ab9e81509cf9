public import MartletCore
internal import MartletWire

/// Delegation tokens (KIP-48, KIP-373).
extension Admin {
    /// Creates a token. Whoever asks must be authenticated, and not by a token.
    ///
    /// - Parameters:
    ///   - owner: For whom; nil for who asks.
    ///   - renewers: Who else may put off its end.
    ///   - maximumLifetime: Nil for the cluster's limit.
    public func createDelegationToken(
        for owner: KafkaPrincipal? = nil, renewers: [KafkaPrincipal] = [], maximumLifetime: Duration? = nil
    ) async throws(MartletError) -> DelegationToken {
        let activity = "creating a delegation token"
        let request = CreateDelegationTokenRequest { request in
            request.ownerPrincipalType = owner?.type
            request.ownerPrincipalName = owner?.name
            request.renewers = renewers.map { principal in
                CreateDelegationTokenRequest.Renewer { wire in
                    wire.principalType = principal.type
                    wire.principalName = principal.name
                }
            }
            request.maxLifetimeMs = maximumLifetime?.milliseconds ?? -1
        }
        // Twice would make two tokens.
        let response = try await send(
            request, to: .controller, doing: activity, isRepeatable: false,
            atLeastVersion: owner == nil ? 0 : 3)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        return DelegationToken(
            id: response.tokenID, hmac: response.hmac,
            owner: KafkaPrincipal(type: response.principalType, name: response.principalName),
            requester: KafkaPrincipal(
                orNil: response.tokenRequesterPrincipalType, response.tokenRequesterPrincipalName),
            renewers: [], issued: Timestamp(rawValue: response.issueTimestampMs),
            expires: Timestamp(rawValue: response.expiryTimestampMs),
            latestExpiry: Timestamp(rawValue: response.maxTimestampMs))
    }

    /// Puts off the end of a token.
    ///
    /// - Parameter period: How long it is to last from now; nil for the cluster's setting.
    /// - Returns: When it ends now.
    @discardableResult
    public func renewDelegationToken(
        hmac: Bytes, for period: Duration? = nil
    ) async throws(MartletError) -> Timestamp {
        let activity = "renewing a delegation token"
        let request = RenewDelegationTokenRequest { request in
            request.hmac = hmac
            request.renewPeriodMs = period?.milliseconds ?? -1
        }
        let response = try await client.send(request, to: .controller, doing: activity)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        return Timestamp(rawValue: response.expiryTimestampMs)
    }

    /// Brings forward the end of a token.
    ///
    /// - Parameter period: How long it is to last from now; nil to end it at once.
    /// - Returns: When it ends now.
    @discardableResult
    public func expireDelegationToken(
        hmac: Bytes, in period: Duration? = nil
    ) async throws(MartletError) -> Timestamp {
        let activity = "ending a delegation token"
        let request = ExpireDelegationTokenRequest { request in
            request.hmac = hmac
            request.expiryTimePeriodMs = period?.milliseconds ?? -1
        }
        let response = try await client.send(
            request, to: .controller, doing: activity, isRepeatable: period != nil)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        return Timestamp(rawValue: response.expiryTimestampMs)
    }

    /// The tokens that who asks may see.
    ///
    /// - Parameter owners: Nil for all.
    public func describeDelegationTokens(
        of owners: [KafkaPrincipal]? = nil
    ) async throws(MartletError) -> [DelegationToken] {
        let activity = "describing delegation tokens"
        let request = DescribeDelegationTokenRequest { request in
            request.owners = owners?.map { principal in
                DescribeDelegationTokenRequest.Owner { wire in
                    wire.principalType = principal.type
                    wire.principalName = principal.name
                }
            }
        }
        let response = try await client.send(request, doing: activity)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        return response.tokens.map { token in
            DelegationToken(
                id: token.tokenID, hmac: token.hmac,
                owner: KafkaPrincipal(type: token.principalType, name: token.principalName),
                requester: KafkaPrincipal(
                    orNil: token.tokenRequesterPrincipalType, token.tokenRequesterPrincipalName),
                renewers: token.renewers.map {
                    KafkaPrincipal(type: $0.principalType, name: $0.principalName)
                }, issued: Timestamp(rawValue: token.issueTimestampMs),
                expires: Timestamp(rawValue: token.expiryTimestampMs),
                latestExpiry: Timestamp(rawValue: token.maxTimestampMs))
        }
    }
}

extension KafkaPrincipal {
    /// - Returns: Nil where a broker that is too old to say leaves it empty.
    fileprivate init?(orNil type: String, _ name: String) {
        if type.isEmpty, name.isEmpty { return nil }
        self.init(type: type, name: name)
    }
}
