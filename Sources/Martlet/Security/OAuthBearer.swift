internal import MartletCore
internal import MartletTransport

/// OAUTHBEARER: RFC 7628, with the extensions of KIP-342.
struct OAuthBearer: SASLMechanism {
    let token: @Sendable () async throws -> OAuthBearerToken

    var name: String { "OAUTHBEARER" }
    var needsEncryption: Bool { true }

    func begin(with broker: BrokerAddress) async throws(MartletError) -> any SASLExchange {
        let token: OAuthBearerToken
        do {
            token = try await self.token()
        } catch let error as MartletError {
            throw error
        } catch is CancellationError {
            throw .cancelled("fetching a token")
        } catch {
            // An identity provider that is away may come back.
            throw MartletError(
                .authenticationFailed, "no token could be fetched; see the underlying error",
                underlying: error, isRetriable: true)
        }
        return Exchange(message: try Self.message(token))
    }

    static func message(_ token: OAuthBearerToken) throws(MartletError) -> Bytes {
        let isToken = { (byte: UInt8) in byte > 0x20 && byte < 0x7F }
        guard !token.token.value.isEmpty, token.token.value.utf8.allSatisfy(isToken) else {
            throw .invalid("the bearer token is empty or has characters that no token has")
        }
        // No channel binding, no other identity than the token's.
        var message = "n,,\u{1}auth=Bearer \(token.token.value)\u{1}"
        for (key, value) in token.extensions.sorted(by: { $0.key < $1.key }) {
            let isName = !key.isEmpty && key.utf8.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
            let isValue = value.utf8.allSatisfy {
                (0x20...0x7E).contains($0) || (9...10).contains($0) || $0 == 13
            }
            guard isName, isValue, key != "auth" else {
                throw .invalid("\"\(key)\" is no extension that a bearer token can have")
            }
            message += "\(key)=\(value)\u{1}"
        }
        return Bytes(message + "\u{1}")
    }

    private struct Exchange: SASLExchange {
        let message: Bytes

        func respond(to challenge: Bytes?) throws(MartletError) -> Bytes? {
            guard let challenge else { return message }
            if challenge.isEmpty { return nil }
            // A refusal as JSON. The broker gives its error after this answer.
            return [1]
        }
    }
}
