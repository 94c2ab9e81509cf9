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
    let pool: ConnectionPool
    let metadataState = Mutex(MetadataState())
    let refreshing = SingleFlight<Void>()
    let coordinators = CoordinatorCache()
    let telemetry: ClientTelemetry

    /// - Throws: If the configuration names no server.
    public init(_ configuration: ClientConfiguration) throws(MartletError) {
        guard !configuration.bootstrapServers.isEmpty else {
            throw MartletError(.invalidConfiguration, "name at least one bootstrap server as host:port")
        }
        self.configuration = configuration
        telemetry = ClientTelemetry(configuration)
        pool = Self.makePool(configuration)
    }

    /// Lends a client to `body` and closes it afterwards.
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
    func makePool() -> ConnectionPool { Self.makePool(configuration) }

    private static func makePool(_ configuration: ClientConfiguration) -> ConnectionPool {
        var options = ConnectionOptions()
        options.clientID = configuration.clientID
        options.connectTimeout = configuration.connectTimeout
        options.maximumResponseBytes = configuration.maximumResponseBytes
        let group = configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        return ConnectionPool(options: options, group: group)
    }
}
