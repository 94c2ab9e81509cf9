internal import MartletCore
public import ServiceLifecycle

extension GroupConsumer {
    /// A service that keeps this consumer in its group and hands each message to `body`, one after the other.
    ///
    ///     let billing = consumer.handling(orders) { message in
    ///         try await bill(message.value)
    ///     }
    ///     let group = ServiceGroup(
    ///         services: [client, producer, billing], gracefulShutdownSignals: [.sigterm], logger: logger)
    ///
    /// Takes the place of the consumer in the service group. Tombstones come too, as messages without value.
    /// What `body` has returned from is done, whatever the `completion`. On graceful shutdown the service
    /// finishes the message that it is at, stores offsets and leaves the group. Where there is a tracer, each
    /// message is handled in a span, as by `withSpan(handling:)`.
    ///
    /// If `body` throws, or a message cannot be read and the policy is to fail, the service ends with the
    /// error; the message is not done and comes again.
    ///
    /// - Parameter source: A `Topic`, or `Topics` if the group reads several.
    public func handling<Element>(
        _ source: some MessageDecoder<Element>, undecodable policy: UndecodablePolicy = .fail,
        _ body: @escaping @Sendable (Element) async throws -> Void
    ) -> some Service {
        GroupConsumerService(consumer: self) { consumer in
            let transform = policy.applied(to: source, consumer.client)
            for try await record in consumer.records {
                if let message = try transform(record).get() {
                    try await consumer.withSpan(handling: record) { _ in try await body(message) }
                }
                if consumer.configuration.completion == .explicit { consumer.finish(record) }
            }
        }
    }

    /// A service that keeps this consumer in its group and hands each batch of records to `body`, one after
    /// the other; otherwise as `handling(_:undecodable:_:)`.
    public func handlingBatches(
        _ body: @escaping @Sendable (ConsumerBatch) async throws -> Void
    ) -> some Service {
        GroupConsumerService(consumer: self) { consumer in
            for try await batch in consumer.batches {
                try await consumer.withSpan(handling: batch) { _ in try await body(batch) }
                if consumer.configuration.completion == .explicit { consumer.finish(batch) }
            }
        }
    }
}

/// A member of a group and the loop that works on what it reads.
struct GroupConsumerService: Service {
    let consumer: GroupConsumer
    let loop: @Sendable (GroupConsumer) async throws -> Void

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.consumer.run() }
            do {
                try await loop(consumer)
                // The loop has seen the end: the member has it too, or will have as soon as it is told.
                if Task.isCancelled { group.cancelAll() }
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                try? await group.waitForAll()
                throw error
            }
        }
    }
}
