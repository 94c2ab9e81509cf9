public import Logging
public import MartletCore

/// Runs `body` with a broker of its own, in this process and on a free port of the loopback address, and
/// shuts it down.
///
///     try await withBroker(topics: ["orders": 3]) { broker in
///         try await broker.client.withProducer { producer in
///             try await producer.send(
///                 ProducerRecord(topic: "orders", key: "4711", value: "two coffees"))
///         }
///     }
///
/// The service under test gets `broker.address` as its bootstrap server. A broker in memory is ready within
/// milliseconds, so each test has one for itself, and tests run in parallel as they like.
///
/// - Parameters:
///   - topics: Topics to begin with, and the number of partitions of each.
///   - settings: Settings of the broker, by Kafka's names: see docs/configuration.md. Those not given have
///     their defaults, but groups wait for nobody (`group.initial.rebalance.delay.ms` is 0,
///     `group.consumer.heartbeat.interval.ms` 100).
///   - logger: Where the broker writes its log; quiet if not given.
/// - Throws: What `body` throws; or why the broker does not start, most likely an unknown key or value in
///   `settings`.
@discardableResult
public func withBroker<Result: Sendable>(
    _ storage: TestStorage = .memory, topics: [TopicName: Int32] = [:], settings: [String: String] = [:],
    logger: Logger? = nil, _ body: (TestBroker) async throws -> Result
) async throws -> Result {
    let broker = try await TestBroker.start(storage, topics: topics, settings: settings, logger: logger)
    do {
        let result = try await body(broker)
        try await broker.shutDown()
        return result
    } catch {
        try? await broker.shutDown()
        throw error
    }
}
