internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// The producer's engine: one loop that plans, builds requests and submits them in order; child tasks for all
/// that takes time.
final class ProducerSender: Sendable {
    let core: ProducerCore
    let pool: ConnectionPool
    let work: Mutex<Work>

    /// What child tasks are busy with, so that nothing is started twice.
    struct Work {
        var inFlight: [BrokerID: Int] = [:]
        var connecting: Set<BrokerID> = []
        var isRefreshing = false
        var isFetchingProducerID = false
        var isAddingPartitions = false
        /// The last reason why nothing could be sent; told if records run out of time meanwhile.
        var obstacle: MartletError?
        var backoff: Backoff
    }

    init(core: ProducerCore) {
        self.core = core
        pool = core.client.makePool()
        work = Mutex(Work(backoff: Backoff(core.client.configuration.retry)))
    }

    var client: MartletClient { core.client }
    private var configuration: ProducerConfiguration { core.configuration }

    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let nextWake = step(&group)
                if core.withAccumulator({ $0.isEnded || $0.closed != nil && $0.isEmpty }) { break }
                await core.wakeup.wait(until: nextWake)
            }
            // Before the children end, so that they do not put back what they had under way.
            core.end(Task.isCancelled ? .cancelled("the producer's run") : .closed("the producer"))
            group.cancelAll()
        }
        pool.close()
    }

    /// Does all that can be done without waiting; gives the time for the next step, if nothing happens
    /// before.
    private func step(_ group: inout DiscardingTaskGroup) -> ContinuousClock.Instant? {
        let metadata = client.metadata
        let inFlight = work.withLock { $0.inFlight }
        let limit = configuration.maximumInFlight
        let pool = pool
        let plan = core.withAccumulator { accumulator in
            accumulator.plan(at: .now) { partition in
                metadata.leader(of: partition)
            } hasRoom: { broker in
                guard inFlight[broker, default: 0] < limit, let address = metadata.brokers[broker] else {
                    return false
                }
                return pool.existing(to: address) != nil
            }
        }
        core.settle(plan.overdue)
        expire(plan.expired)
        for (broker, batches) in plan.requests { submit(batches, to: broker, metadata, &group) }
        for broker in plan.wantedBrokers where plan.requests[broker] == nil {
            connect(to: broker, metadata, &group)
        }
        // Where nothing waits for a broker, only new records can find out that it is back.
        for broker in plan.forgottenBrokers { core.note(broker, isReachable: true) }
        let isOutdated = client.metadataState.withLock {
            $0.isOutdated(at: .now, maximumAge: client.configuration.metadataMaximumAge)
        }
        if !plan.topicsWithoutLeader.isEmpty || isOutdated { refresh(plan.topicsWithoutLeader, &group) }
        if let old = plan.needsProducerID { fetchProducerID(insteadOf: old, &group) }
        if !plan.partitionsToAdd.isEmpty { addToTransaction(plan.partitionsToAdd, &group) }
        // There may be more for the same brokers.
        if !plan.requests.isEmpty { core.wakeup.signal() }
        return plan.nextWake
    }

    private func expire(_ batches: [ProducerBatch]) {
        guard !batches.isEmpty else { return }
        let obstacle = work.withLock { $0.obstacle }
        let timeout = configuration.deliveryTimeout
        core.giveUp(batches) { batch in
            batch.lastError = batch.lastError ?? obstacle
            return .deliveryTimedOut(batch, after: timeout)
        }
    }

    // MARK: Produce requests

    private func submit(
        _ batches: [ProducerBatch], to broker: BrokerID, _ metadata: ClusterMetadata,
        _ group: inout DiscardingTaskGroup
    ) {
        let pending: PendingResponse<ProduceRequest>
        let encoded = encode(batches)
        let batches = encoded.map(\.0)
        guard !batches.isEmpty else { return }
        do throws(TransportError) {
            guard let address = metadata.brokers[broker], let connection = pool.existing(to: address) else {
                throw TransportError.closed(reason: "the connection has ended")
            }
            let terms = ProduceExchange.Terms(
                configuration: configuration, timeout: client.configuration.requestTimeout,
                transactionVersion: core.withAccumulator { $0.transaction?.version })
            pending = try ProduceExchange.submit(encoded, on: connection, metadata: metadata, terms)
        } catch {
            for batch in batches {
                _ = settle(batch, .failed(error))
            }
            return
        }
        work.withLock { $0.inFlight[broker, default: 0] += 1 }
        client.telemetry.producer?.didSubmit(encoded)
        let start = ContinuousClock.now
        group.addTask {
            let verdicts = await ProduceExchange.verdicts(
                for: batches, from: pending, client: self.client, acks: self.configuration.acks)
            self.client.telemetry.producer?.didFinish(since: start)
            self.work.withLock { $0.inFlight[broker, default: 1] -= 1 }
            var isOutdated = false
            for (batch, outcome) in verdicts {
                isOutdated = self.settle(batch, outcome) || isOutdated
            }
            if isOutdated { await self.refreshNow([]) }
            self.core.wakeup.signal()
        }
    }

    /// Compresses; gives up what cannot be built.
    private func encode(_ batches: [ProducerBatch]) -> [(ProducerBatch, Bytes)] {
        batches.compactMap { batch in
            do {
                let bytes = try batch.encode(
                    compression: configuration.compression, level: configuration.compressionLevel,
                    isTransactional: configuration.transactionalID != nil)
                return (batch, bytes)
            } catch {
                let reason = MartletError(
                    .invalidArgument, "a batch for \(batch.partition) cannot be built: \(error)",
                    underlying: error)
                core.settle(batch, .fail(reason))
                return nil
            }
        }
    }

    /// - Returns: Whether the metadata should be asked for again.
    private func settle(_ batch: ProducerBatch, _ outcome: ProduceOutcome) -> Bool {
        let terms = core.withAccumulator { $0.terms(of: batch) }
        let verdict = ProduceVerdict(outcome, of: batch, terms)
        var isOutdated = false
        switch verdict {
        case .delivered: break
        case .retry(let error, _, let refreshes):
            client.telemetry.producer?.didFail(batch)
            client.configuration.logger.debug(
                "sending again", metadata: ["partition": "\(batch.partition)", "reason": "\(error)"])
            isOutdated = refreshes
        case .retryWithNewSequence(let error, _):
            client.telemetry.producer?.didFail(batch)
            client.configuration.logger.warning(
                "the broker no longer knows what we sent before; records may be missing there",
                metadata: ["partition": "\(batch.partition)", "reason": "\(error)"])
        case .split(_, let error):
            client.configuration.logger.debug(
                "sending in two parts", metadata: ["partition": "\(batch.partition)", "reason": "\(error)"])
        case .fail(let error, _):
            client.configuration.logger.debug(
                "given up", metadata: ["partition": "\(batch.partition)", "reason": "\(error)"])
        }
        core.settle(batch, verdict)
        return isOutdated
    }
}
