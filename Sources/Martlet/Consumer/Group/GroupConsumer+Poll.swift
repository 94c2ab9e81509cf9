internal import MartletCore
internal import Synchronization

extension GroupConsumer {
    /// The next batch of whatever partition has one.
    ///
    /// With `RecordCompletion.onNextPoll` this also says that all that was handed out before is done.
    ///
    /// - Parameter timeout: How long to wait for one; nil for as long as it takes.
    /// - Returns: Nil if there was none in time.
    /// - Throws: What keeps the member from its group or from reading. After `closed` and errors that are not
    ///   retriable there is nothing more to come.
    public func poll(within timeout: Duration? = nil) async throws(MartletError) -> ConsumerBatch? {
        let rest = state.withLock { state in
            defer { state.cursor = nil }
            return state.cursor
        }
        // Records that a loop over `records` left behind are fetched again.
        if let rest, rest.position < rest.nextOffset {
            reader.seek(rest.partition, to: .offset(rest.position))
        }
        return try await nextBatch(within: timeout) { batch in batch.nextOffset }
    }

    /// - Parameter claim: Up to where a batch counts as handed out with this.
    func nextBatch(
        within timeout: Duration?, claim: (ConsumerBatch) -> Offset
    ) async throws(MartletError) -> ConsumerBatch? {
        if state.withLock({ $0.isReadingOver }) { return try await pollEnd(within: timeout) }
        try beginPoll()
        defer { endPoll() }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        try await findPositionAgain()
        while true {
            let left = deadline.map { max($0 - .now, .zero) }
            guard let batch = try await reader.poll(within: left) else { return noteEnd() }
            let isOurs = state.withLock { state in
                state.ownership.handOut(
                    batch.partition, from: batch.firstOffset, upTo: claim(batch), epoch: batch.leaderEpoch)
            }
            if isOurs { return batch }
        }
    }

    private func beginPoll() throws(MartletError) {
        if let metrics = client.telemetry.consumer, let busy = state.withLock({ $0.idleTime(at: .now) }) {
            metrics.didPoll(after: busy)
        }
        let (ending, isRevoking) = state.withLock { state in
            state.isPolling = true
            if configuration.completion == .onNextPoll { state.ownership.finishAll() }
            return (state.ending, !state.ownership.revoking.isEmpty || state.lastPoll == nil)
        }
        if let ending {
            endPoll()
            throw ending
        }
        // Somebody may be waiting for what has just been finished, or for us to come back.
        if isRevoking || isAway { wakeup.signal() }
    }

    private func endPoll() {
        state.withLock { state in
            state.isPolling = false
            state.lastPoll = .now
        }
    }

    /// Whether the member has left the group because nobody polled.
    private var isAway: Bool { state.withLock { $0.ownership.partitions.isEmpty } }

    // MARK: Completion

    /// All that was handed out is done.
    public func finishAll() {
        state.withLock { $0.ownership.finishAll() }
        wakeIfRevoking()
    }

    /// All records of a partition up to the end of a batch are done.
    public func finish(_ batch: ConsumerBatch) { finish(batch.partition, before: batch.nextOffset) }

    /// This record and all before it in its partition are done.
    public func finish(_ record: ConsumerRecord) { finish(record.partition, before: record.offset + 1) }

    /// All records of a partition before an offset are done.
    public func finish(_ partition: TopicPartition, before offset: Offset) {
        state.withLock { $0.ownership.finish(partition, upTo: offset) }
        wakeIfRevoking()
    }

    private func wakeIfRevoking() {
        let isAwaited = state.withLock { !$0.ownership.revoking.isEmpty || $0.drainDeadline != nil }
        if isAwaited { wakeup.signal() }
    }

    // MARK: One by one

    /// The next record of whatever partition has one; the one before it counts as done, with
    /// `RecordCompletion.onNextPoll`.
    public func nextRecord(within timeout: Duration? = nil) async throws(MartletError) -> ConsumerRecord? {
        while true {
            if let record = nextFromCursor() { return record }
            // Claims the partition without saying that anything of it is out: that goes record by record.
            guard let batch = try await nextBatch(within: timeout, claim: { $0.firstOffset }) else {
                return nil
            }
            let isImplicit = configuration.completion == .onNextPoll
            state.withLock { state in
                guard state.ownership.isReadable(batch.partition) else { return }
                state.cursor = RecordCursor(batch, isImplicit: isImplicit)
            }
        }
    }

    func nextFromCursor() -> ConsumerRecord? { state.withLock { $0.nextRecord() } }
}
