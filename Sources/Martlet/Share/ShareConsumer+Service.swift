internal import MartletCore
public import ServiceLifecycle
internal import Synchronization

/// A member of a share group as a service. When the service group shuts down, the loops over its sequences
/// end after what they were handed out; as soon as that is spoken of, it is sent and the member leaves.
/// Records that take longer than the group's lock are not waited for: they come again.
extension ShareConsumer: Service {}

extension ShareConsumer {
    /// How long records in hand are waited for, if no broker has said how long its locks last.
    private static let longestLock = Duration.seconds(30)

    /// Keeps the member in its group; when the service is asked to end, until what was handed out is done.
    func drainingOnShutdown(_ body: () async -> Void) async {
        await withGracefulShutdownHandler {
            await body()
        } onGracefulShutdown: {
            self.drain()
        }
    }

    /// Hands out nothing more; lets the loop end when what is out is done.
    private func drain() {
        state.withLock { state in
            let deadline = ContinuousClock.now + (state.lockDuration ?? Self.longestLock)
            state.drainDeadline = state.drainDeadline ?? deadline
        }
        endReading()
        wakeup.signal()
    }

    /// Hands out nothing more, to anybody. The member stays in its group.
    func endReading() {
        state.withLock { $0.isReadingOver = true }
        arrivals.signal()
    }

    /// Whether whoever polls is to be told that there is nothing more.
    func noteEnd() -> Bool {
        let isOver = state.withLock { state in
            if state.isReadingOver, state.ending == nil { state.knowsEnd = true }
            return state.isReadingOver && state.ending == nil
        }
        if isOver { wakeup.signal() }
        return isOver
    }

    /// The next batch for a sequence, which ends when the service that goes through it is asked to end.
    func nextForSequence() async throws(MartletError) -> ShareBatch? {
        try await endingOnShutdown({ self.endReading() }) { () async throws(MartletError) in
            try await self.poll()
        }
    }

    /// The next record for a sequence, which ends as `nextForSequence` does.
    func nextRecordForSequence() async throws(MartletError) -> ShareRecord? {
        try await endingOnShutdown({ self.endReading() }) { () async throws(MartletError) in
            try await self.nextRecord()
        }
    }
}
