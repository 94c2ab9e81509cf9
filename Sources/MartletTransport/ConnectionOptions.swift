package import NIOCore
package import NIOPosix

/// Limits and habits of one connection to a broker.
package struct ConnectionOptions: Sendable {
    /// How we name ourselves in each request header; brokers log it and attach quotas to it.
    package var clientID = "martlet"
    /// How long to wait for the TCP connection, again for the version negotiation on it (with TLS: and the
    /// handshake), and again for each step of the authentication.
    package var connectTimeout = Duration.seconds(10)
    /// After this long without a request under way the connection is closed; nil for never.
    package var idleTimeout: Duration?
    /// Requests sent and not yet answered; further ones wait their turn.
    package var maximumInFlight = 64
    /// Requests that wait for a place in flight; one more fails with `tooManyRequests`.
    package var maximumWaiting = 1024
    /// Largest response we take memory for.
    package var maximumResponseBytes = 256 << 20
    /// Bytes asked of the socket at once.
    package var readBufferBytes = 256 << 10
    /// TLS; nil for none.
    package var security: TransportSecurity?
    /// Runs after the versions are negotiated and before the first user of the connection (SASL), and again
    /// before the session ends. Gives the time that the broker grants; nil for as long as the connection
    /// lasts.
    package var authenticate: (@Sendable (BrokerConnection) async throws(TransportError) -> Duration?)?
    /// Finds the addresses of a name instead of the system; made anew for each connection.
    package var makeResolver: (@Sendable (any EventLoop) -> any Resolver & Sendable)?

    package init() {}
}
