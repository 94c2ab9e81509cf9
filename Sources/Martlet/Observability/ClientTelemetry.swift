internal import Metrics
internal import Tracing

/// What a client reports to, found once. Nil stands for nobody, and costs nothing.
struct ClientTelemetry: Sendable {
    let tracing: ClientTracing?
    let connections: ConnectionMetrics?
    let producer: ProducerMetrics?
    let consumer: ConsumerMetrics?

    init(_ configuration: ClientConfiguration) {
        tracing = ClientTracing(configuration)
        let factory = configuration.observability.metricsFactory ?? MetricsSystem.factory
        // The process has set up nothing.
        if factory is NOOPMetricsHandler {
            connections = nil
            producer = nil
            consumer = nil
            return
        }
        let labels = [("client_id", configuration.clientID)]
        connections = ConnectionMetrics(factory, labels)
        producer = ProducerMetrics(factory, labels)
        consumer = ConsumerMetrics(
            factory, labels, measuresPartitions: configuration.observability.measuresPartitions)
    }
}

/// The connections of a client, its producers and consumers.
final class ConnectionMetrics: Sendable {
    private let creations: Counter
    private let failures: Counter
    private let creationTime: Metrics.Timer

    init(_ factory: any MetricsFactory, _ labels: [(String, String)]) {
        creations = Counter(
            label: "martlet_client_connection_creation_total", dimensions: labels, factory: factory)
        failures = Counter(
            label: "martlet_client_connection_failure_total", dimensions: labels, factory: factory)
        creationTime = Timer(
            label: "martlet_client_connection_creation_time", dimensions: labels, factory: factory)
    }

    /// Measures an attempt to open a connection.
    func measure<Value, Failure: Error>(
        _ open: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let start = ContinuousClock.now
        do {
            let value = try await open()
            creations.increment()
            creationTime.record(duration: ContinuousClock.now - start)
            return value
        } catch {
            failures.increment()
            throw error
        }
    }
}
