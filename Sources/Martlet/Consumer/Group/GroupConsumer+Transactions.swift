internal import MartletCore
internal import Synchronization

/// A member whose offsets are stored by the transactions of a producer.
extension GroupConsumer {
    /// Who the group takes this member for, to store offsets by `Producer.sendOffsets`. Changes when the
    /// group does: ask for it each time.
    public var membership: GroupMembership {
        let identity = state.withLock { $0.identity }
        return GroupMembership(
            group: configuration.group, member: identity.id, instance: identity.instance,
            generation: identity.generation)
    }

    /// Goes back to what the group has stored: all that was handed out since comes again.
    ///
    /// For those who call `Producer.abortTransaction` themselves; `withTransaction(consuming:)` does it.
    public func rewind() {
        let positions = state.withLock { state in
            state.cursor = nil
            return state.ownership.rewind()
        }
        for (partition, offset) in positions { reader.seek(partition, to: .offset(offset)) }
        // Somebody may be waiting for what is no longer in hand.
        wakeup.signal()
    }

    /// From now on records are done when a transaction has committed.
    func beginTransaction() throws(MartletError) {
        guard configuration.autoCommitInterval == nil else {
            throw MartletError(
                .invalidConfiguration,
                "set autoCommitInterval to nil: offsets are stored by the transactions, and only by them")
        }
        state.withLock { $0.ownership.isTransactional = true }
    }

    /// How far the member has got: what the transaction is to store.
    ///
    /// - Throws: If a partition was taken away although the transaction has records of it.
    func progress() throws(MartletError) -> [TopicPartition: Offset] {
        let skipped = reader.state.withLock { $0.readers.compactMapValues(\.skippedTo) }
        let isImplicit = configuration.completion == .onNextPoll
        let (offsets, lost) = state.withLock { state in
            for (partition, offset) in skipped { state.ownership.skip(partition, upTo: offset) }
            // Not done yet, but as good as that: it will be when this is stored.
            if isImplicit { state.ownership.finishAll() }
            return (state.ownership.uncommitted().mapValues(\.offset), state.ownership.lost)
        }
        guard lost.isEmpty else {
            throw MartletError(
                .broker(.illegalGeneration),
                "the group has given \(lost.sorted()) to another member while the transaction had records of"
                    + " it; they come again there. If that took longer than rebalanceTimeout, raise it",
                isRetriable: true)
        }
        return offsets
    }

    func didCommitTransaction(_ offsets: [TopicPartition: Offset]) {
        state.withLock { $0.ownership.didCommitTransaction(offsets) }
        // The group may be waiting for its partitions.
        wakeup.signal()
    }

    /// Nobody knows whether the transaction has committed.
    func doubtPosition() {
        state.withLock { $0.isPositionDoubtful = true }
    }

    /// Asks the coordinator where the group is, if that is doubtful, and goes on there.
    func findPositionAgain() async throws(MartletError) {
        let (isDoubtful, partitions) = state.withLock { state in
            (state.isPositionDoubtful, state.ownership.partitions)
        }
        guard isDoubtful else { return }
        guard !partitions.isEmpty else { return state.withLock { $0.isPositionDoubtful = false } }
        let stored = try await client.retrying(within: client.configuration.metadataTimeout) {
            () async throws(MartletError) in try await storedOffsets(of: partitions)
        }
        state.withLock { state in
            state.ownership.didCommit(stored.mapValues(\.offset))
            state.isPositionDoubtful = false
        }
        rewind()
    }
}

extension Producer {
    /// Runs a transaction that works on the records of a consumer, and stores how far that has got as part of
    /// it: each record counts exactly once, whatever fails.
    ///
    ///     try await producer.initTransactions()
    ///     while let batch = try await consumer.poll() {
    ///         try await producer.withTransaction(consuming: consumer) { transaction in
    ///             for record in batch { try await transaction.enqueue(transform(record)) }
    ///         }
    ///     }
    ///
    /// All that the consumer has handed out since the last transaction is part of this one; with
    /// `RecordCompletion.explicit` only what was finished. When the transaction is aborted, for whatever
    /// reason, the consumer goes back, and hands all of it out again.
    ///
    /// `initTransactions` comes before the first poll: what an earlier producer of the same transactional id
    /// has left open may hold offsets of the group, and as long as it is open the consumer waits for them.
    ///
    /// The consumer reads committed records if nobody is to see twice what an aborted transaction wrote, and
    /// its `autoCommitInterval` is nil.
    ///
    /// - Throws: As `withTransaction(_:)` does.
    @discardableResult
    public func withTransaction<Result>(
        consuming consumer: GroupConsumer, _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try consumer.beginTransaction()
        do {
            let (result, offsets) = try await withTransaction { transaction in
                let result = try await body(transaction)
                let offsets = try consumer.progress()
                try await transaction.sendOffsets(offsets, of: consumer.membership)
                return (result, offsets)
            }
            consumer.didCommitTransaction(offsets)
            return result
        } catch {
            guard core.isUndecided else {
                consumer.rewind()
                throw error
            }
            // With a new identity the old transaction comes to its end, whichever it is; the consumer asks
            // which.
            consumer.doubtPosition()
            try? await core.initTransactions()
            throw error
        }
    }
}
