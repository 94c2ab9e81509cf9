internal import DequeModule
internal import MartletCore
internal import Synchronization

/// The events that one loop has yet to take, and the revocations that it has not finished.
final class RebalanceListener: Sendable {
    private struct State {
        var events = Deque<RebalanceEvent>()
        var unfinished: Set<Int> = []
        /// What the loop works on: finished with the next call.
        var inHand: Int?
        var waiter: CheckedContinuation<Void, Never>?
        var isOver = false
    }

    /// Events that may wait. Above, the oldest go: a loop that is so far behind has given up.
    private static let maximumWaiting = 1_000

    private let state = Mutex(State())
    private let announcer: RebalanceAnnouncer

    init(announcer: RebalanceAnnouncer) {
        self.announcer = announcer
    }

    deinit { announcer.didStopListening() }

    func post(_ event: RebalanceEvent) {
        let waiter = state.withLock { state in
            if case .revoking(let revocation) = event { state.unfinished.insert(revocation.id) }
            state.events.append(event)
            if state.events.count > Self.maximumWaiting, case .revoking(let old)? = state.events.popFirst() {
                state.unfinished.remove(old.id)
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// No more is to come.
    func end() {
        let waiter = state.withLock { state in
            state.isOver = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func finish(_ id: Int) {
        let isNews = state.withLock { $0.unfinished.remove(id) != nil }
        if isNews { announcer.wakeup.signal() }
    }

    func hasOpen(_ ids: some Sequence<Int>) -> Bool {
        state.withLock { state in ids.contains { state.unfinished.contains($0) } }
    }

    func next() async -> RebalanceEvent? {
        let finished = state.withLock { state in
            defer { state.inHand = nil }
            return state.inHand
        }
        if let finished { finish(finished) }
        while !Task.isCancelled {
            let (event, isOver) = state.withLock { state in
                let event = state.events.popFirst()
                if case .revoking(let revocation)? = event { state.inHand = revocation.id }
                return (event, state.isOver)
            }
            if event != nil || isOver { return event }
            await wait()
        }
        return nil
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let old: CheckedContinuation<Void, Never>? = state.withLock { state in
                    guard state.events.isEmpty, !state.isOver, !Task.isCancelled else { return continuation }
                    // Two tasks with copies of one iterator: the earlier one looks again.
                    defer { state.waiter = continuation }
                    return state.waiter
                }
                old?.resume()
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
