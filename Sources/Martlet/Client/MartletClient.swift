internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A cluster, as seen by a service: the way to producers, consumers and administration.
///
///     let configuration = try ClientConfiguration(bootstrap: "localhost:9092")
///     try await MartletClient.with(configuration) { client in
///         try await client.admin.createTopic("greetings", partitions: 3)
///         try await client.withProducer { producer in
///             try await producer.send(ProducerRecord(topic: "greetings", key: "en", value: "hello"))
///         }
///     }
///
/// A client opens connections when it needs them and runs no tasks of its own. Share one among all tasks of a
/// service.
public final class MartletClient: Sendable {
    public let configuration: ClientConfiguration
    private let options: ConnectionOptions
    let pool: ConnectionPool
    let metadataState = Mutex(MetadataState())
    let refreshing = SingleFlight<Void>()
    let coordinators = CoordinatorCache()
    let telemetry: ClientTelemetry

    /// Reads the files that the configuration names, and opens no connection yet.
    ///
    /// - Throws: `invalidConfiguration`, with the property that cannot be as it is.
    public init(_ configuration: ClientConfiguration) throws(MartletError) {
        try configuration.validate()
        var configuration = configuration
        configuration.logger[metadataKey: "client"] = "\(configuration.clientID)"
        self.configuration = configuration
        let telemetry = ClientTelemetry(configuration)
        self.telemetry = telemetry
        let options = try configuration.makeConnectionOptions()
        self.options = options
        pool = Self.makePool(configuration, options, telemetry)
        if configuration.tls == nil, let authentication = configuration.authentication,
            authentication.mechanism.needsEncryption
        {
            configuration.logger.warning(
                "credentials are sent without TLS: whoever listens can use them",
                metadata: ["mechanism": "\(authentication)"])
        }
    }

    /// Lends a client to `body` and closes it afterwards.
    @discardableResult
    public static func with<Result>(
        _ configuration: ClientConfiguration, _ body: (MartletClient) async throws -> Result
    ) async throws -> Result {
        let client = try MartletClient(configuration)
        defer { client.close() }
        return try await body(client)
    }

    deinit { pool.close() }

    /// Closes the client's own connections. Producers and consumers that it made have theirs and go on until
    /// they need news of the cluster: close them first.
    public func close() { pool.close() }

    /// Topics, configurations and offsets of the cluster.
    public var admin: Admin { Admin(client: self) }

    /// A pool of connections beside the client's own, for one producer or consumer.
    func makePool() -> ConnectionPool { Self.makePool(configuration, options, telemetry) }

    private static func makePool(
        _ configuration: ClientConfiguration, _ options: ConnectionOptions, _ telemetry: ClientTelemetry
    ) -> ConnectionPool {
        ConnectionPool(
            options: options, group: configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton,
            reconnect: configuration.reconnect, logger: configuration.logger, metrics: telemetry.connections)
    }
}
