package import NIOCore

/// Limits and habits of one connection to a broker.
package struct ConnectionOptions: Sendable {
    /// How we name ourselves in each request header; brokers log it and attach quotas to it.
    package var clientID = "martlet"
    /// How long to wait for the TCP connection, and again for the version negotiation on it.
    package var connectTimeout = Duration.seconds(10)
    /// Requests sent and not yet answered; further ones wait their turn.
    package var maximumInFlight = 64
    /// Requests that wait for a place in flight; one more fails with `tooManyRequests`.
    package var maximumWaiting = 1024
    /// Largest response we take memory for.
    package var maximumResponseBytes = 256 << 20
    /// Bytes asked of the socket at once.
    package var readBufferBytes = 256 << 10
    /// Adds handlers between the socket and the protocol (TLS).
    package var prepareChannel: (@Sendable (any Channel) throws -> Void)?
    /// Runs after the versions are negotiated and before the first user of the connection (SASL).
    package var authenticate: (@Sendable (BrokerConnection) async throws(TransportError) -> Void)?

    package init() {}
}
