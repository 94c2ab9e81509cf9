internal import DequeModule
internal import MartletCore
internal import MartletWire

/// What the task that uses a share consumer and those that work for it have in common.
struct ShareConsumerState {
    typealias Instant = ContinuousClock.Instant

    /// A call of `commit` that waits for answers.
    struct Waiter {
        /// The number of the exchange to wait for, by broker.
        var exchanges: [BrokerID: Int]
        var results: [AcknowledgementResult] = []
        let continuation: CheckedContinuation<[AcknowledgementResult]?, Never>
    }

    /// Commits that may wait at a time.
    static let maximumWaiters = 1_000

    var id: MemberID
    var epoch = MemberEpoch.joining
    var assignment: [TopicID: [PartitionIndex]] = [:]
    var sessions: [BrokerID: ShareSession] = [:]
    var holdings = ShareHoldings()
    /// Taken and not handed out, or what kept us from taking; bounded by `maximumRecords` of each broker.
    var ready: Deque<Result<ShareBatch, MartletError>> = []
    /// The batch whose records are being handed out one by one.
    var cursor: (batch: ShareBatch, iterator: ShareBatch.Iterator)?
    /// Somebody waits for records.
    var isFetchWanted = false
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
    /// Who listens to what becomes of acknowledgements.
    var listeners: [Int: AsyncStream<AcknowledgementResult>.Continuation] = [:]
    /// How long the locks of the group last, once a broker has said it.
    var lockDuration: Duration?
    /// Leaders are being looked for.
    var isRefreshing = false
    /// They are not to be looked for again before this.
    var refreshAt: Instant?
    /// For brokers that failed.
    var backoffs: [BrokerID: Backoff] = [:]
    var isRunning = false
    /// Nothing more is handed out, since the service is asked to end.
    var isReadingOver = false
    /// Whoever polls has been told so.
    var knowsEnd = false
    /// Whether anybody has polled yet.
    var hasPolled = false
    /// How long to wait for what is in hand before leaving.
    var drainDeadline: Instant?
    /// The loop is to end after what it is just doing.
    var isStopping = false
    var hasLeft = false
    /// No more is to be done: closed, or beyond repair.
    var ending: MartletError?

    init(id: MemberID) {
        self.id = id
    }

    /// Whether there is nothing to wait for before leaving.
    func isDrained(at now: Instant) -> Bool {
        guard let drainDeadline else { return false }
        if drainDeadline <= now { return true }
        return holdings.firstOpen == nil && waiters.isEmpty && (knowsEnd || !hasPolled)
    }

    // MARK: Acknowledging

    mutating func acknowledge(
        _ origin: HeldBatch.Origin, _ offsets: [ClosedRange<Offset>], _ type: AcknowledgeType, at now: Instant
    ) {
        for range in offsets {
            sessions[origin.broker, default: ShareSession()].acknowledge(origin.place, range, type, at: now)
        }
    }

    /// Says the same of all that is open.
    mutating func acknowledgeOpen(_ acknowledgement: Acknowledgement, at now: Instant) {
        for (origin, open) in holdings.settleOpen() {
            acknowledge(origin, open, acknowledgement.wire, at: now)
        }
    }

    /// Gives back what was not handed out.
    mutating func releaseReady(at now: Instant) {
        for batch in holdings.all where !batch.rest.isEmpty {
            acknowledge(batch.origin, batch.rest, .release, at: now)
            if batch.openCount == 0 { holdings.remove(batch.id) }
        }
        ready = []
        cursor = nil
    }

    /// Forgets all that came from a broker, as the session with it is over.
    mutating func lose(_ broker: BrokerID) {
        let lost = holdings.lose(broker)
        ready.removeAll { item in
            guard case .success(let batch) = item else { return false }
            return lost.contains(batch.id)
        }
        if let id = cursor?.batch.id, lost.contains(id) { cursor = nil }
    }

    // MARK: Waiting for answers

    /// Whether somebody waits for what is to be said to a broker next.
    func isAwaited(_ broker: BrokerID) -> Bool {
        guard let session = sessions[broker] else { return false }
        return waiters.values.contains { $0.exchanges[broker] == session.exchange + 1 }
    }

    /// The exchanges that will have answered for all that has been said up to now.
    var openExchanges: [BrokerID: Int] {
        sessions.compactMapValues { session in
            if !session.pending.isEmpty { return session.exchange + 1 }
            return session.inFlight.isEmpty ? nil : session.exchange
        }
    }

    /// An exchange has ended.
    ///
    /// - Parameter isOver: Whether the session ended with it: there will be no other answers.
    /// - Returns: Those who need wait no longer.
    mutating func didEnd(
        _ exchange: Int, with broker: BrokerID, isOver: Bool, _ results: [AcknowledgementResult]
    ) -> [Waiter] {
        var done: [Waiter] = []
        for (id, waiter) in waiters {
            guard let last = waiter.exchanges[broker] else { continue }
            var waiter = waiter
            waiter.results += results
            if exchange >= last || isOver { waiter.exchanges[broker] = nil }
            waiters[id] = waiter.exchanges.isEmpty ? nil : waiter
            if waiter.exchanges.isEmpty { done.append(waiter) }
        }
        return done
    }
}
