internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// Carries a mechanism's messages to a broker and back: SaslHandshake, then as many SaslAuthenticate as it
/// takes (KIP-152).
struct SASLConversation {
    let mechanism: any SASLMechanism
    let connection: BrokerConnection

    /// The handshake after which each message is a request of its own. What came before is not framed, and
    /// not spoken by this client.
    private static let handshakeVersion: Int16 = 1
    /// More than any mechanism needs.
    private static let maximumRounds = 16

    /// Authenticates.
    ///
    /// - Returns: How long the session lasts, if the broker bounds it (KIP-368).
    func run() async throws(TransportError) -> Duration? {
        try await handshake()
        do throws(MartletError) {
            return try await authenticate()
        } catch {
            if let error = error.underlying as? TransportError, !error.isAboutAuthentication { throw error }
            if error.code == .cancelled { throw .cancelled }
            throw failure(error.message, isRetriable: error.isRetriable, cause: error.underlying)
        }
    }

    private func handshake() async throws(TransportError) {
        var request = SASLHandshakeRequest()
        request.mechanism = mechanism.name
        let response: SASLHandshakeResponse
        do throws(TransportError) {
            response = try await connection.sendAuthentication(request, atMostVersion: Self.handshakeVersion)
        } catch .unsupportedVersion {
            throw failure(
                "the broker takes no authentication on this port; use another port, or configure none")
        }
        switch response.errorCode {
        case .none: break
        case .unsupportedSASLMechanism:
            let offered = response.mechanisms.sorted().joined(separator: ", ")
            throw failure(
                "the broker does not do \(mechanism.name); it does \(offered.isEmpty ? "nothing" : offered)")
        case .illegalSASLState:
            throw failure(
                "the broker takes no authentication on this port; use another port, or configure none")
        default:
            throw failure("the broker answers \(response.errorCode)")
        }
    }

    private func authenticate() async throws(MartletError) -> Duration? {
        var exchange = try await mechanism.begin(with: connection.address)
        var message = try await exchange.respond(to: nil) ?? .empty
        for _ in 0..<Self.maximumRounds {
            var request = SASLAuthenticateRequest()
            request.authBytes = message
            let response: SASLAuthenticateResponse
            do {
                response = try await connection.sendAuthentication(request)
            } catch {
                throw MartletError(error, doing: "authenticating")
            }
            guard response.errorCode == .none else {
                let explanation = response.errorMessage.map { ": \($0)" } ?? ""
                throw .authentication(
                    "\(mechanism.name): the broker answers \(response.errorCode)\(explanation)")
            }
            guard let next = try await exchange.respond(to: response.authBytes) else {
                let lifetime = response.sessionLifetimeMs
                return lifetime > 0 ? .milliseconds(lifetime) : nil
            }
            message = next
        }
        throw .authentication("\(mechanism.name): no end after \(Self.maximumRounds) messages")
    }

    private func failure(
        _ reason: String, isRetriable: Bool = false, cause: (any Error)? = nil
    ) -> TransportError {
        .authenticationFailed(
            address: connection.address, reason: reason, isRetriable: isRetriable, cause: cause)
    }
}

extension TransportError {
    fileprivate var isAboutAuthentication: Bool {
        if case .authenticationFailed = self { return true }
        return false
    }
}
