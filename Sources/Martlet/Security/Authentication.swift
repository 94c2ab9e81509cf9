/// How the client proves to brokers who it is.
///
///     configuration.tls = TLS()
///     configuration.authentication = .scramSHA512(user: "orders", password: password)
///
/// Every connection authenticates before its first request. Where brokers bound the life of a session, the
/// client authenticates again on the living connection in time (KIP-368). Passwords and tokens appear in no
/// description, log or error of the library.
public struct Authentication: Sendable {
    /// What the proof consists of.
    public let mechanism: any SASLMechanism

    /// Authenticates by a mechanism of your own.
    public init(_ mechanism: any SASLMechanism) {
        self.mechanism = mechanism
    }

    /// SCRAM-SHA-256 (RFC 7677): neither side shows the password, and the broker proves that it knows it too.
    public static func scramSHA256(user: String, password: String) -> Authentication {
        Authentication(SCRAM(.sha256, user: user, password: Secret(password)))
    }

    /// SCRAM-SHA-512: as SCRAM-SHA-256, with the longer hash.
    public static func scramSHA512(user: String, password: String) -> Authentication {
        Authentication(SCRAM(.sha512, user: user, password: Secret(password)))
    }

    /// PLAIN (RFC 4616): shows the password to the broker, and without TLS to everybody on the way.
    public static func plain(user: String, password: String) -> Authentication {
        Authentication(Plain(user: user, password: Secret(password)))
    }

    /// OAUTHBEARER (RFC 7628): shows a token that an identity provider signed.
    ///
    /// - Parameter token: Fetches a token that is still valid for a while. Called for every new connection
    ///   and before each renewal of a session, so it should keep tokens for as long as they last. What it
    ///   throws becomes the error's `underlying`.
    public static func oauthBearer(
        _ token: @escaping @Sendable () async throws -> OAuthBearerToken
    ) -> Authentication {
        Authentication(OAuthBearer(token: token))
    }
}

extension Authentication: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The mechanism's name.
    public var description: String { mechanism.name }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
