public import MartletCore
public import MartletTransport

/// A way for a client to prove who it is, in the words of RFC 4422.
///
/// The library has PLAIN, SCRAM and OAUTHBEARER (see `Authentication`). Write your own for what else a broker
/// asks for: AWS_MSK_IAM, GSSAPI.
public protocol SASLMechanism: Sendable {
    /// The name by which brokers know it, for instance `PLAIN`.
    var name: String { get }

    /// Whether what it sends lets anybody who listens pose as the client. The library then warns if the
    /// connection is not encrypted.
    var needsEncryption: Bool { get }

    /// Begins one authentication. Called for every new connection, and again before a session ends.
    ///
    /// - Throws: If there is nothing to authenticate with; retriable if it may be different later. The
    ///   message goes into logs: no secrets in it.
    func begin(with broker: BrokerAddress) async throws(MartletError) -> any SASLExchange
}

/// One authentication on its way.
public protocol SASLExchange: Sendable {
    /// Answers the broker.
    ///
    /// - Parameter challenge: What the broker sent; nil at the beginning.
    /// - Returns: What to send. After a challenge: nil if the exchange is complete, which is for the
    ///   mechanism to judge, as it may have to see that the broker is the right one.
    /// - Throws: If the challenge is not as it should be. The message goes into logs: no secrets in it.
    mutating func respond(to challenge: Bytes?) async throws(MartletError) -> Bytes?
}
