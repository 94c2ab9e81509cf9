internal import MartletCore
internal import NIOCore
internal import Synchronization

/// What a producer's callers and its sender share: the accumulator under a lock, and the bell that wakes the
/// sender.
final class ProducerCore: Sendable {
    let client: MartletClient
    let configuration: ProducerConfiguration
    let wakeup: Wakeup
    /// Nil for a producer without transactions.
    let coordination: TransactionCoordination?
    private let state: Mutex<Accumulator>

    init(client: MartletClient, configuration: ProducerConfiguration, eventLoop: any EventLoop) {
        self.client = client
        self.configuration = configuration
        wakeup = Wakeup(eventLoop: eventLoop)
        state = Mutex(Accumulator(configuration, retry: client.configuration.retry))
        coordination = configuration.transactionalID.map { id in
            TransactionCoordination(
                client: client, id: id, transactionTimeout: configuration.transactionTimeout,
                patience: configuration.deliveryTimeout, pool: client.makePool())
        }
    }

    deinit { coordination?.pool.close() }

    /// Does something short to the accumulator, and resumes whom that gave buffer space.
    @inline(__always)
    func withAccumulator<Result: Sendable>(_ body: (inout Accumulator) -> Result) -> Result {
        let (result, granted) = state.withLock { accumulator in
            let result = body(&accumulator)
            return (result, accumulator.buffer.hasGranted ? accumulator.buffer.takeGranted() : nil)
        }
        if let granted { resume(granted) }
        return result
    }

    @inline(never)
    private func resume(_ granted: [CheckedContinuation<Bool, Never>]) {
        for waiter in granted { waiter.resume(returning: true) }
    }

    // MARK: Metadata

    /// Tells the accumulator what the client knows of partitions and leaders.
    func takeInMetadata(_ names: [TopicName]) {
        let metadata = client.metadata
        withAccumulator { accumulator in
            for name in names {
                guard let topic = metadata.topics[name] else { continue }
                let unreachable = accumulator.unreachable
                accumulator.update(name, partitionCount: topic.partitions.count) { index in
                    guard topic.partitions.indices.contains(Int(index)) else { return false }
                    let leader = topic.partitions[Int(index)].leader
                    return metadata.brokers[leader] != nil && !unreachable.contains(leader)
                }
            }
        }
    }

    /// Notes whether a broker can be reached, for records that may go elsewhere.
    func note(_ broker: BrokerID, isReachable: Bool) {
        let names: [TopicName] = withAccumulator { accumulator in
            let hasChanged =
                isReachable
                ? accumulator.unreachable.remove(broker) != nil
                : accumulator.unreachable.insert(broker).inserted
            return hasChanged ? Array(accumulator.topics.keys) : []
        }
        if !names.isEmpty { takeInMetadata(names) }
    }

    // MARK: Settling

    /// Somebody waits for a record of the batch.
    func hurry(_ delivery: BatchDelivery) {
        let isOpen = withAccumulator { accumulator in
            guard let open = accumulator.slot(of: delivery.partition)?.queue.open, open.delivery === delivery,
                !open.isAwaited
            else { return false }
            open.isAwaited = true
            return true
        }
        if isOpen { wakeup.signal() }
    }

    func settle(_ batch: ProducerBatch, _ verdict: ProduceVerdict) {
        settle(withAccumulator { $0.apply(verdict, to: batch, at: .now) })
    }

    func giveUp(_ batches: [ProducerBatch], because error: (ProducerBatch) -> MartletError) {
        for batch in batches {
            let reason = error(batch)
            settle(withAccumulator { $0.giveUp(batch, because: reason) })
        }
    }

    func settle(_ settlements: [Accumulator.Settlement]) {
        client.telemetry.producer?.didSettle(settlements)
        for settlement in settlements { settlement.delivery.settle(settlement.outcome) }
    }

    /// Takes nothing more; those who wait for space are sent away.
    func close(_ error: MartletError) {
        let waiters = withAccumulator { accumulator in
            accumulator.closed = accumulator.closed ?? error
            return accumulator.buffer.dismissAll()
        }
        for waiter in waiters { waiter.resume(returning: false) }
        wakeup.signal()
    }

    /// Takes nothing more, and gives up what is not delivered.
    func end(_ error: MartletError) {
        withAccumulator { accumulator in
            accumulator.closed = accumulator.isEnded ? accumulator.closed : error
            accumulator.isEnded = true
        }
        close(error)
        giveUp(withAccumulator { $0.batches }) { _ in error }
        wakeup.signal()
    }

    func flush() async throws(MartletError) {
        let batches = withAccumulator { accumulator in
            accumulator.flushing += 1
            return accumulator.batches.map(\.delivery)
        }
        wakeup.signal()
        for batch in batches where !Task.isCancelled { await batch.wait() }
        let failure: MartletError? = withAccumulator { accumulator in
            accumulator.flushing -= 1
            if Task.isCancelled { return MartletError.cancelled("the flush") }
            defer { accumulator.unobservedFailure = nil }
            return accumulator.unobservedFailure
        }
        if let failure { throw failure }
    }

    /// Takes no more, and delivers what there is.
    ///
    /// - Parameter limit: When to give up the rest; nil for not before `deliveryTimeout`.
    func finish(within limit: Duration?) async throws(MartletError) {
        guard let limit else { return try await finish(abortingWithin: nil) }
        let failure = await withTaskGroup(of: Void.self) { group -> MartletError? in
            group.addTask {
                // What it waits for ends when `finish` ends, or when this ends everything.
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self.end(.closedBeforeDelivery(limit))
            }
            defer { group.cancelAll() }
            do throws(MartletError) {
                try await self.finish(abortingWithin: limit)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private func finish(abortingWithin limit: Duration?) async throws(MartletError) {
        await abortOpenTransaction(within: limit)
        close(.closed("the producer"))
        try await flush()
    }
}
