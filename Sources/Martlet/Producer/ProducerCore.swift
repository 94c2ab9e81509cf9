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

    /// Records that go in under one lock: enough to make its cost small, few enough not to keep the sender
    /// waiting.
    private static let portion = 256

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
    func withAccumulator<Result: Sendable>(_ body: (inout Accumulator) -> Result) -> Result {
        let (result, granted) = state.withLock { accumulator in
            let result = body(&accumulator)
            return (result, accumulator.buffer.takeGranted())
        }
        for waiter in granted { waiter.resume(returning: true) }
        return result
    }

    // MARK: Enqueueing

    func enqueue(_ record: ProducerRecord, isAwaited: Bool) async throws(MartletError) -> Delivery {
        var reserved = 0
        while true {
            let now = ContinuousClock.now
            let timestamp = record.timestamp ?? .now()
            let held = reserved
            let result = withAccumulator {
                $0.append(record, at: now, timestamp: timestamp, isAwaited: isAwaited, reserved: held)
            }
            switch result {
            case .appended(let batch, let index, let wakesSender):
                if wakesSender { wakeup.signal() }
                return Delivery(batch: batch, index: index, timestamp: timestamp, core: self)
            case .needsTopic:
                try await learnTopic(record.topic, holding: reserved)
            case .needsSpace(let byteCount):
                reserved = try await waitForSpace(byteCount)
            case .refused(let error):
                giveBack(reserved)
                throw error
            }
        }
    }

    func enqueue(_ records: [ProducerRecord], isAwaited: Bool) async throws(MartletError) -> Deliveries {
        var deliveries = Deliveries(core: self)
        deliveries.reserveCapacity(records.count)
        var next = 0
        while next < records.count {
            let now = ContinuousClock.now
            let time = Timestamp.now()
            let range = next..<min(next + Self.portion, records.count)
            let (added, obstacle) = withAccumulator { accumulator in
                accumulator.append(records[range], at: now, time: time, isAwaited: isAwaited)
            }
            if added.wakesSender { wakeup.signal() }
            for (offset, entry) in added.entries.enumerated() {
                let timestamp = records[next + offset].timestamp ?? time
                deliveries.append(entry.batch, index: entry.index, timestamp: timestamp)
            }
            next += added.entries.count
            guard obstacle else { continue }
            // The slow path, for the one record that met something to wait for.
            let delivery = try await enqueue(records[next], isAwaited: isAwaited)
            deliveries.append(delivery.batch, index: delivery.index, timestamp: delivery.timestamp)
            next += 1
        }
        return deliveries
    }

    private func learnTopic(_ name: TopicName, holding reserved: Int) async throws(MartletError) {
        do {
            let topic = try await client.topic(name, allowsCreation: configuration.allowsTopicCreation)
            withAccumulator { $0.update(name, partitionCount: topic.partitions.count) }
        } catch {
            giveBack(reserved)
            throw error
        }
    }

    private func waitForSpace(_ byteCount: Int) async throws(MartletError) -> Int {
        let id = withAccumulator { $0.buffer.makeID() }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = withAccumulator { accumulator in
                    if accumulator.closed != nil || Task.isCancelled { return true }
                    accumulator.buffer.wait(for: byteCount, id: id, continuation)
                    return false
                }
                if isOver { continuation.resume(returning: false) } else { wakeup.signal() }
            }
        } onCancel: {
            withAccumulator { $0.buffer.cancelWait(id: id) }?.resume(returning: false)
        }
        if isGranted { return byteCount }
        let closed = withAccumulator { $0.closed }
        throw closed ?? .cancelled("the wait for room in the producer's buffer")
    }

    private func giveBack(_ byteCount: Int) {
        if byteCount > 0 { withAccumulator { $0.buffer.release(byteCount) } }
    }

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

    // MARK: Settling

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
            if accumulator.closed == nil || error.code == .cancelled { accumulator.closed = error }
            return accumulator.buffer.dismissAll()
        }
        for waiter in waiters { waiter.resume(returning: false) }
        wakeup.signal()
    }

    func flush() async throws(MartletError) {
        let batches = withAccumulator { accumulator in
            accumulator.flushing += 1
            return accumulator.batches.map(\.delivery)
        }
        wakeup.signal()
        for batch in batches where !Task.isCancelled { _ = await batch.wait() }
        let failure: MartletError? = withAccumulator { accumulator in
            accumulator.flushing -= 1
            if Task.isCancelled { return MartletError.cancelled("the flush") }
            defer { accumulator.unobservedFailure = nil }
            return accumulator.unobservedFailure
        }
        if let failure { throw failure }
    }
}
