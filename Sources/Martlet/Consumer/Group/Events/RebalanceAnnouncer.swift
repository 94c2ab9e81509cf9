internal import MartletCore
internal import Synchronization

/// Tells loops over `GroupConsumer.events` what happens, and knows which revocations they still work on.
final class RebalanceAnnouncer: Sendable {
    private struct WeakListener {
        weak var listener: RebalanceListener?
    }

    private struct State {
        var listeners: [WeakListener] = []
        /// What the member has.
        var assigned: Set<TopicPartition> = []
        /// Revocations that were announced, with what is left of their partitions.
        var revocations: [Int: Set<TopicPartition>] = [:]
        var nextID = 0
        var isOver = false

        var living: [RebalanceListener] { listeners.compactMap(\.listener) }
    }

    /// Wakes the loop that waits for listeners to finish.
    let wakeup: Wakeup
    private let state = Mutex(State())

    init(wakeup: Wakeup) {
        self.wakeup = wakeup
    }

    func listen() -> RebalanceListener {
        let listener = RebalanceListener(announcer: self)
        let isOver = state.withLock { state in
            state.listeners.removeAll { $0.listener == nil }
            state.listeners.append(WeakListener(listener: listener))
            if !state.assigned.isEmpty { listener.post(.assigned(state.assigned.sorted())) }
            return state.isOver
        }
        if isOver { listener.end() }
        return listener
    }

    /// A listener is gone: whatever it was working on is waited for no longer.
    func didStopListening() { wakeup.signal() }

    func didAssign(_ partitions: Set<TopicPartition>) {
        let listeners = state.withLock { state in
            state.assigned.formUnion(partitions)
            return state.living
        }
        for listener in listeners { listener.post(.assigned(partitions.sorted())) }
    }

    /// Says once that partitions are about to go.
    func willRevoke(_ partitions: Set<TopicPartition>, until deadline: ContinuousClock.Instant) {
        let (listeners, id, news) = state.withLock { state in
            let listeners = state.living
            let news = state.revocations.values.reduce(into: partitions) { $0.subtract($1) }
            guard !listeners.isEmpty, !news.isEmpty else { return (listeners, 0, Set<TopicPartition>()) }
            state.nextID += 1
            state.revocations[state.nextID] = news
            return (listeners, state.nextID, news)
        }
        if news.isEmpty { return }
        for listener in listeners {
            let revocation = Revocation(
                partitions: news.sorted(), deadline: deadline, id: id, listener: listener)
            listener.post(.revoking(revocation))
        }
    }

    /// Whether somebody has yet to say that he is done with some of these partitions.
    func isAwaited(_ partitions: Set<TopicPartition>) -> Bool {
        let (listeners, ids) = state.withLock { state in
            let ids = state.revocations.filter { !$0.value.isDisjoint(with: partitions) }.map(\.key)
            return (ids.isEmpty ? [] : state.living, ids)
        }
        return listeners.contains { $0.hasOpen(ids) }
    }

    /// The member no longer has these partitions.
    func didDrop(_ partitions: Set<TopicPartition>, areLost: Bool) {
        guard !partitions.isEmpty else { return }
        let listeners = state.withLock { state in
            state.assigned.subtract(partitions)
            for id in state.revocations.keys {
                state.revocations[id]?.subtract(partitions)
                if state.revocations[id]?.isEmpty == true { state.revocations[id] = nil }
            }
            return state.living
        }
        let sorted = listeners.isEmpty ? [] : partitions.sorted()
        for listener in listeners { listener.post(areLost ? .lost(sorted) : .revoked(sorted)) }
    }

    /// The member has left.
    func end() {
        let listeners = state.withLock { state in
            state.isOver = true
            return state.living
        }
        for listener in listeners { listener.end() }
    }
}
