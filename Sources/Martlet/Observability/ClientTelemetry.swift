internal import Logging
internal import MartletCore
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

    /// A connection can be used: opened, secured, authenticated.
    func didOpen(since start: ContinuousClock.Instant) {
        creations.increment()
        creationTime.record(duration: ContinuousClock.now - start)
    }

    func didFail() { failures.increment() }
}

extension MartletClient {
    /// A logger whose lines name the group.
    func logger(of group: GroupID) -> Logger {
        var logger = configuration.logger
        logger[metadataKey: "group"] = "\(group)"
        return logger
    }
}
