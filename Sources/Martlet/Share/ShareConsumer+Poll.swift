internal import DequeModule
internal import MartletCore
internal import MartletWire
internal import Synchronization

/// Taking records.
extension ShareConsumer {
    /// The next records of whatever partition has some for this member.
    ///
    /// With `RecordCompletion.onNextPoll` what was handed out before and not spoken of is accepted by this.
    /// If the task is cancelled meanwhile, what arrives stays for the next call.
    ///
    /// - Parameter timeout: How long to wait for some; nil for as long as it takes.
    /// - Returns: Nil if there were none in time, or if the service that this is part of is asked to end.
    /// - Throws: `invalidArgument` if something handed out before still has to be acknowledged
    ///   (`RecordCompletion.explicit`); what keeps the member from its group or from taking. After `closed`
    ///   and errors that are not retriable there is nothing more to come.
    public func poll(within timeout: Duration? = nil) async throws(MartletError) -> ShareBatch? {
        try beginPoll()
        // Records that a loop over `records` left behind.
        let rest: ShareBatch? = state.withLock { state in
            guard let cursor = state.cursor else { return nil }
            state.cursor = nil
            guard let held = state.holdings[cursor.batch.id],
                let rest = cursor.batch.rest(after: held.handedOut, of: held)
            else { return nil }
            state.holdings.handOut(rest.id)
            return rest
        }
        if let rest { return rest }
        return try await nextBatch(within: timeout) { state, batch in state.holdings.handOut(batch.id) }
    }

    /// The next record of whatever partition has one for this member; the one before it counts as accepted if
    /// nothing was said of it, with `RecordCompletion.onNextPoll`.
    public func nextRecord(within timeout: Duration? = nil) async throws(MartletError) -> ShareRecord? {
        try beginPoll()
        while true {
            if let record = nextFromCursor() { return record }
            let batch = try await nextBatch(within: timeout) { state, batch in
                state.cursor = (batch, batch.makeIterator())
            }
            if batch == nil { return nil }
        }
    }

    private func nextFromCursor() -> ShareRecord? {
        state.withLock { state in
            guard let id = state.cursor?.batch.id, let record = state.cursor?.iterator.next() else {
                state.cursor = nil
                return nil
            }
            state.holdings.handOut(id, upTo: record.offset)
            return record
        }
    }

    /// What was handed out before is done, or must be spoken of first.
    private func beginPoll() throws(MartletError) {
        let refusal: MartletError? = state.withLock { state in
            if let ending = state.ending { return ending }
            state.hasPolled = true
            switch configuration.completion {
            case .onNextPoll: state.acknowledgeOpen(.accept, at: .now)
            case .explicit:
                if let open = state.holdings.firstOpen {
                    return .unacknowledged(open.partition, open.offset, count: open.count)
                }
            }
            return nil
        }
        if let refusal { throw refusal }
        if Task.isCancelled { throw .cancelled("the poll") }
    }

    /// - Parameter claim: What to note when the batch is handed out.
    private func nextBatch(
        within timeout: Duration?, claim: (inout ShareConsumerState, ShareBatch) -> Void
    ) async throws(MartletError) -> ShareBatch? {
        let deadline = timeout.map { ContinuousClock.now + $0 }
        defer { state.withLock { $0.isFetchWanted = false } }
        while true {
            if noteEnd() { return nil }
            let next: Result<ShareBatch, MartletError>? = state.withLock { state in
                let next = state.ready.popFirst() ?? state.ending.map { .failure($0) }
                if case .success(let batch)? = next { claim(&state, batch) }
                state.isFetchWanted = next == nil
                return next
            }
            if let next { return try next.get() }
            if Task.isCancelled { throw .cancelled("the poll") }
            if let deadline, deadline <= .now { return nil }
            wakeup.signal()
            await arrivals.wait(until: deadline)
        }
    }
}

extension MartletError {
    fileprivate static func unacknowledged(
        _ partition: TopicPartition, _ offset: Offset, count: Int
    ) -> MartletError {
        MartletError(
            .invalidArgument,
            "\(count) records that were handed out have not been acknowledged, the first at offset \(offset) of"
                + " \(partition); say what became of each before the next poll, or choose the completion"
                + " onNextPoll")
    }
}
