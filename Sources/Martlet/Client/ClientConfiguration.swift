public import Logging
public import MartletTransport
public import NIOCore

/// How to reach a cluster, and how patient to be with it.
public struct ClientConfiguration: Sendable {
    /// Brokers to ask first; one that answers is enough to find the others.
    public var bootstrapServers: [BrokerAddress]
    /// How the client names itself; brokers log the name and attach quotas to it.
    public var clientID = "martlet"
    /// Encryption; nil for none.
    public var tls: TLS?
    /// How the client proves who it is; nil for not at all.
    public var authentication: Authentication?
    /// How long a TCP connection may take, the TLS handshake with the negotiation of versions on it, and each
    /// step of the authentication.
    public var connectTimeout = Duration.seconds(10)
    /// How long a broker may take to answer a request.
    public var requestTimeout = Duration.seconds(30)
    /// How long to look for a topic, a leader or a broker that answers before giving up.
    public var metadataTimeout = Duration.seconds(15)
    /// How long a topic may be unknown to the brokers before that is believed, since news of a creation
    /// spread slowly.
    public var topicTimeout = Duration.seconds(3)
    /// Age at which what is known of topics and leaders is asked for again without need.
    public var metadataMaximumAge = Duration.seconds(300)
    /// How long to wait between attempts.
    public var retry = RetryConfiguration()
    /// How long a broker that could not be reached is left alone, by all tasks together.
    public var reconnect = RetryConfiguration(initialBackoff: .milliseconds(50))
    /// After this long without a request under way a connection is closed. Less than the ten minutes after
    /// which brokers do it, so that no request crosses with the end of its connection.
    public var connectionIdleTimeout = Duration.seconds(540)
    /// Largest response that memory is taken for.
    public var maximumResponseBytes = 256 << 20
    /// Where warnings go. Silent by default, as a library should be.
    public var logger = Logger(label: "martlet.client") { _ in SwiftLogNoOpLogHandler() }
    /// Where metrics and traces go: by default where the process sends its own.
    public var observability = ObservabilityConfiguration()
    /// Threads for the connections; nil for those that all of SwiftNIO's users in the process share.
    public var eventLoopGroup: (any EventLoopGroup)?

    public init(bootstrapServers: [BrokerAddress]) {
        self.bootstrapServers = bootstrapServers
    }

    /// Reads a list as Kafka's tools write it: `host:port,host:port`.
    public init(bootstrap: String) throws(MartletError) {
        bootstrapServers = []
        for part in bootstrap.split(separator: ",") {
            var text = part.drop { $0.isWhitespace }
            while text.last?.isWhitespace == true { text.removeLast() }
            guard let address = BrokerAddress(String(text)) else {
                throw MartletError(
                    .invalidConfiguration,
                    "\"\(text)\" is no broker address; write host:port, for instance localhost:9092"
                )
            }
            bootstrapServers.append(address)
        }
        guard !bootstrapServers.isEmpty else {
            throw MartletError(.invalidConfiguration, "name at least one bootstrap server as host:port")
        }
    }
}

/// Waiting times between attempts: they double up to a maximum, and vary so that clients do not come all at
/// once.
public struct RetryConfiguration: Hashable, Sendable {
    /// After the first failure.
    public var initialBackoff: Duration
    /// After many.
    public var maximumBackoff: Duration
    /// Share by which each wait varies, up or down: 0 to 1.
    public var jitter: Double

    public init(
        initialBackoff: Duration = .milliseconds(100), maximumBackoff: Duration = .seconds(1),
        jitter: Double = 0.2
    ) {
        self.initialBackoff = initialBackoff
        self.maximumBackoff = maximumBackoff
        self.jitter = jitter
    }
}
