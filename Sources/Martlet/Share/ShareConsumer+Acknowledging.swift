internal import MartletCore
internal import MartletWire
internal import Synchronization

/// Saying what became of records.
extension ShareConsumer {
    /// Answers that wait for one listener; of more, the oldest are dropped.
    private static let maximumResults = 1_024

    /// Says what became of a record. It is sent with the next request for records, or by `commit`; the answer
    /// comes by `acknowledgementResults`. Takes a lock and neither waits nor allocates where records come in
    /// their order.
    ///
    /// - Returns: False if the record is not this member's any more: acknowledged before, or given to others
    ///   since the connection that it came by is broken.
    @discardableResult
    public func acknowledge(_ record: some ReceivedRecord, _ acknowledgement: Acknowledgement) -> Bool {
        acknowledge(record.partition, record.offset, acknowledgement)
    }

    /// Says what became of the record at an offset.
    ///
    /// - Returns: False if the record is not this member's any more.
    @discardableResult
    public func acknowledge(
        _ partition: TopicPartition, _ offset: Offset, _ acknowledgement: Acknowledgement
    ) -> Bool {
        let (isOurs, isFirst) = state.withLock { state in
            guard let origin = state.holdings.settle(partition, offset) else { return (false, false) }
            let isFirst = state.sessions[origin.broker]?.pending.isEmpty ?? true
            state.sessions[origin.broker, default: ShareSession()]
                .acknowledge(origin.place, offset...offset, acknowledgement.wire, at: .now)
            return (true, isFirst)
        }
        // The loop has to know that there is something to send some time.
        if isFirst, configuration.autoCommitInterval != nil { wakeup.signal() }
        return isOurs
    }

    /// Says the same of all records of a batch that have not been spoken of yet.
    public func acknowledge(_ batch: ShareBatch, _ acknowledgement: Acknowledgement) {
        state.withLock { state in
            for (origin, open) in state.holdings.settleOpen(batch.id) {
                state.acknowledge(origin, open, acknowledgement.wire, at: .now)
            }
        }
        if configuration.autoCommitInterval != nil { wakeup.signal() }
    }

    /// All that was handed out and not spoken of is done.
    public func acceptAll() {
        state.withLock { $0.acknowledgeOpen(.accept, at: .now) }
    }

    // MARK: Answers

    /// Sends all that has been said, and waits for the answers.
    ///
    /// With `RecordCompletion.onNextPoll` what was handed out and not spoken of is accepted by this.
    ///
    /// - Returns: What became of each run of acknowledgements that was under way; empty if there was none.
    /// - Throws: `closed` after the end, `cancelled`. What was said is sent nevertheless.
    public func commit() async throws(MartletError) -> [AcknowledgementResult] {
        if configuration.completion == .onNextPoll { acceptAll() }
        return try await answers()
    }

    /// Keeps the locks on all records of a batch that have not been spoken of, for the group's whole lock
    /// duration from now (KIP-1222).
    ///
    /// - Returns: What the broker says to it.
    /// - Throws: `unsupportedByBroker` if the broker is too old to renew locks; `closed`, `cancelled`.
    public func renew(_ batch: ShareBatch) async throws(MartletError) -> [AcknowledgementResult] {
        try await renew { holdings in
            guard let held = holdings[batch.id], !held.open.isEmpty else { return nil }
            return (held.origin, held.open)
        }
    }

    /// Keeps the lock on a record that has not been spoken of, for the group's whole lock duration from now
    /// (KIP-1222).
    ///
    /// - Returns: What the broker says to it; nothing if the record is not this member's any more.
    /// - Throws: `unsupportedByBroker` if the broker is too old to renew locks; `closed`, `cancelled`.
    public func renew(_ record: some ReceivedRecord) async throws(MartletError) -> [AcknowledgementResult] {
        try await renew { holdings in
            guard let id = holdings.id(of: record.partition, record.offset), let held = holdings[id] else {
                return nil
            }
            return (held.origin, [record.offset...record.offset])
        }
    }

    private func renew(
        _ find: (ShareHoldings) -> (HeldBatch.Origin, [ClosedRange<Offset>])?
    ) async throws(MartletError) -> [AcknowledgementResult] {
        guard let (origin, _) = state.withLock({ find($0.holdings) }) else { return [] }
        let connection = try await client.connection(to: .broker(origin.broker), in: pool)
        let version = connection.brokerVersions[.shareAcknowledge]?.upperBound ?? 0
        guard version >= Self.firstVersionThatRenews else {
            throw MartletError(
                .unsupportedByBroker,
                "broker \(origin.broker) cannot renew locks (ShareAcknowledge \(Self.firstVersionThatRenews)"
                    + " is needed, KIP-1222); raise the group's share.record.lock.duration.ms, or take fewer"
                    + " records at once")
        }
        state.withLock { state in
            // Another task may have spoken of them since we looked.
            guard let (origin, offsets) = find(state.holdings) else { return }
            state.acknowledge(origin, offsets, .renew, at: .now)
        }
        return try await answers().filter { $0.partition == origin.partition }
    }

    /// First version of ShareAcknowledge that knows renewals.
    private static let firstVersionThatRenews: Int16 = 2

    /// What the broker makes of acknowledgements, from now on, until the consumer is closed. Costs nothing
    /// while nobody listens. Of answers that a listener does not take, the last 1,024 are
    /// kept.
    public var acknowledgementResults: AsyncStream<AcknowledgementResult> {
        AsyncStream(bufferingPolicy: .bufferingNewest(Self.maximumResults)) { continuation in
            let id: Int? = state.withLock { state in
                guard !state.hasLeft else { return nil }
                state.nextWaiter += 1
                state.listeners[state.nextWaiter] = continuation
                return state.nextWaiter
            }
            guard let id else { return continuation.finish() }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { $0.listeners[id] = nil }
            }
        }
    }

    /// Has all that is said sent now, and waits for the answers.
    private func answers() async throws(MartletError) -> [AcknowledgementResult] {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let results: [AcknowledgementResult]? = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: [AcknowledgementResult]?? = state.withLock { state in
                    guard state.ending == nil, !Task.isCancelled,
                        state.waiters.count < ShareConsumerState.maximumWaiters
                    else { return .some(nil) }
                    let exchanges = state.openExchanges
                    if exchanges.isEmpty { return .some([]) }
                    state.waiters[id] = .init(exchanges: exchanges, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) } else { wakeup.signal() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: nil)
        }
        if let results { return results }
        if let ending = state.withLock({ $0.ending }) { throw ending }
        if Task.isCancelled { throw .cancelled("the wait for answers to acknowledgements") }
        throw MartletError(
            .invalidArgument,
            "\(ShareConsumerState.maximumWaiters) commits wait already; await some", isRetriable: true)
    }
}
