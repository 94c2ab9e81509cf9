internal import MartletCore
internal import NIOCore
internal import NIOPosix

/// Sends records to topics: batched, compressed, retried without duplicates.
///
/// A producer works while its `run` runs. Either let `MartletClient.withProducer` take care of that, or run
/// it beside the rest of a service:
///
///     let producer = try client.makeProducer()
///     try await withThrowingTaskGroup { group in
///         group.addTask { try await producer.run() }
///         let place = try await producer.send(ProducerRecord(topic: "orders", key: "4711", value: "…"))
///         print("stored in \(place.partition)")
///         try await producer.close()
///     }
///
/// It is a `Service` of swift-service-lifecycle. Call the other methods from any number of
/// tasks; records of one task to one partition keep their order.
public final class Producer: Sendable {
    let core: ProducerCore
    private let sender: ProducerSender

    init(client: MartletClient, configuration: ProducerConfiguration) throws(MartletError) {
        try configuration.validate()
        let group = client.configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        core = ProducerCore(client: client, configuration: configuration, eventLoop: group.next())
        sender = ProducerSender(core: core)
    }

    /// Sends what is enqueued until `close` is called, or the service group that runs it shuts down, and
    /// everything is delivered or given up; then returns. If its task is cancelled, it returns at once, and
    /// what was not acknowledged fails.
    ///
    /// Call it once.
    public func run() async throws(MartletError) {
        await core.closingOnShutdown { await runUntilClosed() }
    }

    /// The same, whatever becomes of the service around it.
    func runUntilClosed() async { await sender.run() }

    /// Sends a record and waits until it is acknowledged.
    ///
    /// - Throws: Why it was not delivered within the configured time, or that nobody knows: see
    ///   `MartletError.isOutcomeUnknown`. If the waiting task is cancelled, the record may still be
    ///   delivered.
    @discardableResult
    public func send(_ record: ProducerRecord) async throws(MartletError) -> RecordMetadata {
        if let tracing = core.tracing { return try await tracing.send(record, by: core) }
        return try await core.enqueue(record, isAwaited: true).metadata()
    }

    /// Sends records and waits until all are acknowledged.
    @discardableResult
    public func send(contentsOf records: [ProducerRecord]) async throws(MartletError) -> [RecordMetadata] {
        if let tracing = core.tracing { return try await tracing.send(records, by: core) }
        return try await core.enqueue(records, isAwaited: true).metadata()
    }

    /// Hands a record over without waiting for its acknowledgement; suspends only while the buffer is full,
    /// or while the topic is not known yet.
    ///
    /// - Returns: A handle to ask later. Without it, `flush` tells of failures.
    @discardableResult
    public func enqueue(_ record: ProducerRecord) async throws(MartletError) -> Delivery {
        if let tracing = core.tracing { return try await tracing.enqueue(record, by: core) }
        return try await core.enqueue(record, isAwaited: false)
    }

    /// Hands records over, as `enqueue(_:)` does, at a fraction of the cost for each: the way for millions of
    /// them.
    @discardableResult
    public func enqueue(contentsOf records: [ProducerRecord]) async throws(MartletError) -> Deliveries {
        if let tracing = core.tracing { return try await tracing.enqueue(records, by: core) }
        return try await core.enqueue(records, isAwaited: false)
    }

    /// Waits until all records enqueued so far are acknowledged.
    ///
    /// - Throws: The first failure, since the last flush, among records that were enqueued; those that were
    ///   sent have told their senders.
    public func flush() async throws(MartletError) {
        try await core.flush()
    }

    /// Takes no more records, delivers those it has, and lets `run` return. A transaction that is open is
    /// aborted.
    ///
    /// - Parameter limit: How long delivering may take, and then again aborting; nil for as long as
    ///   `deliveryTimeout` allows. What is not delivered then is given up.
    /// - Throws: As `flush` does.
    public func close(within limit: Duration? = nil) async throws(MartletError) {
        try await core.finish(within: limit)
    }
}

extension MartletClient {
    /// Makes a producer; its `run` must be called.
    public func makeProducer(
        _ configuration: ProducerConfiguration = ProducerConfiguration()
    ) throws(MartletError) -> Producer {
        try Producer(client: self, configuration: configuration)
    }

    /// Runs a producer while `body` uses it. Everything enqueued is delivered before this returns; if `body`
    /// throws, what is not yet delivered is given up.
    ///
    /// With a transactional id the producer is initialised first, so that an earlier one with the same id is
    /// fenced, and what it left open aborted, before `body` begins.
    @discardableResult
    public func withProducer<Result>(
        _ configuration: ProducerConfiguration = ProducerConfiguration(),
        _ body: (Producer) async throws -> Result
    ) async throws -> Result {
        let producer = try makeProducer(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await producer.runUntilClosed() }
            do {
                if configuration.transactionalID != nil { try await producer.initTransactions() }
                let result = try await body(producer)
                try await producer.close()
                return result
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }
}
