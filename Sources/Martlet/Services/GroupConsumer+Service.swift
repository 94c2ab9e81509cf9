internal import MartletCore
public import ServiceLifecycle
internal import Synchronization

/// A member of a group as a service. When the service group shuts down, the loops over its sequences end
/// after what they were handed out; as soon as that is done, its offsets are stored and the member leaves.
/// Records that take longer than `rebalanceTimeout` are not waited for: they come again.
///
/// `commit` inside of the loop: after it the member may already have left.
extension GroupConsumer: Service {}

extension GroupConsumer {
    /// Keeps the member in its group; when the service is asked to end, until what was handed out is done.
    func drainingOnShutdown(_ body: () async -> Void) async {
        await withGracefulShutdownHandler {
            await body()
        } onGracefulShutdown: {
            self.drain()
        }
    }

    /// Hands out nothing more; lets the loop end when what is out is done.
    func drain() {
        let deadline = ContinuousClock.now + configuration.rebalanceTimeout
        state.withLock { $0.drainDeadline = $0.drainDeadline ?? deadline }
        endReading()
        wakeup.signal()
    }

    /// Hands out nothing more, to anybody. The member stays in its group.
    func endReading() {
        state.withLock { $0.isReadingOver = true }
        reader.endReading()
    }

    /// Whether there is nothing to wait for before leaving.
    var isDrained: Bool {
        state.withLock { state in
            guard let deadline = state.drainDeadline else { return false }
            if deadline <= .now { return true }
            guard state.commitRequests.isEmpty, !state.ownership.isInHand(state.ownership.partitions) else {
                return false
            }
            // Whoever has been handed something, and not come back yet, may still want to store offsets.
            return state.knowsEnd || state.lastPoll == nil
        }
    }

    /// When the loop must look again, if nothing happens before.
    func wake(at next: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        // One that has passed is nothing to wait for: then it is something else that keeps the member.
        let deadline = state.withLock { $0.drainDeadline }.flatMap { $0 > .now ? $0 : nil }
        return [next, deadline].compactMap(\.self).min()
    }

    /// Tells whoever asks for more that there is none. What he had is done, if that is how it is configured.
    func pollEnd(within timeout: Duration?) async throws(MartletError) -> ConsumerBatch? {
        state.withLock { state in
            state.cursor = nil
            state.isPolling = true
            if configuration.completion == .onNextPoll { state.ownership.finishAll() }
        }
        defer {
            state.withLock { state in
                state.isPolling = false
                state.lastPoll = .now
            }
        }
        _ = noteEnd()
        return try await reader.poll(within: timeout)
    }

    /// There was nothing: because it is the end?
    func noteEnd() -> ConsumerBatch? {
        let isOver = state.withLock { state in
            if state.isReadingOver { state.knowsEnd = true }
            return state.isReadingOver
        }
        if isOver { wakeup.signal() }
        return nil
    }

    /// The next batch for a sequence, which ends when the service that goes through it is asked to end.
    func nextForSequence() async throws(MartletError) -> ConsumerBatch? {
        try await endingOnShutdown({ self.endReading() }) { () async throws(MartletError) in
            try await self.poll()
        }
    }

    /// The next record for a sequence, which ends as `nextForSequence` does.
    func nextRecordForSequence() async throws(MartletError) -> ConsumerRecord? {
        // The rest of a batch can be long: nobody waits for it.
        if Task.isShuttingDownGracefully { endReading() }
        if let record = nextFromCursor() { return record }
        return try await endingOnShutdown({ self.endReading() }) { () async throws(MartletError) in
            try await self.nextRecord()
        }
    }
}

extension Consumer {
    /// Hands out nothing more: whoever polls is told that there is nothing.
    func endReading() {
        state.withLock { $0.isReadingOver = true }
        wakeup.signal()
    }

    /// The next batch for a sequence, which ends when the service that goes through it is asked to end.
    func nextForSequence() async throws(MartletError) -> ConsumerBatch? {
        try await endingOnShutdown({ self.endReading() }) { () async throws(MartletError) in
            try await self.poll()
        }
    }
}

/// Once per batch, and without a service group around it, a look at a task-local value.
func endingOnShutdown<Value>(
    _ end: @escaping @Sendable () -> Void, _ body: () async throws(MartletError) -> Value
) async throws(MartletError) -> Value {
    let result: Result<Value, MartletError> = await withGracefulShutdownHandler {
        do throws(MartletError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    } onGracefulShutdown: {
        end()
    }
    return try result.get()
}
