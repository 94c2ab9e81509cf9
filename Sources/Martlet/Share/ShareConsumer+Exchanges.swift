internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Talking to brokers: one request at a time with each, since the requests of a share session are counted.
extension ShareConsumer {
    private enum Job: Sendable {
        case fetch(BrokerID, ShareFetchRequest)
        case acknowledge(BrokerID, ShareAcknowledgeRequest)
        case lookForLeaders([TopicID])
    }

    private struct Plan {
        var jobs: [Job] = []
        /// When there is something to do without a signal.
        var next: ContinuousClock.Instant?
        var isOver = false

        mutating func comeBack(at instant: ContinuousClock.Instant) { next = min(next ?? instant, instant) }
    }

    /// Works until the consumer is stopped, and then ends what is under way.
    func exchangeAll() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let plan = makePlan()
                if plan.isOver { return }
                for job in plan.jobs {
                    group.addTask {
                        await self.carryOut(job)
                        self.wakeup.signal()
                    }
                }
                await wakeup.wait(until: plan.next)
            }
        }
    }

    private func makePlan() -> Plan {
        let now = ContinuousClock.now
        let metadata = client.metadata
        return state.withLock { state in
            var plan = Plan()
            if state.isDrained(at: now) { state.isStopping = true }
            if let deadline = state.drainDeadline, deadline > now { plan.comeBack(at: deadline) }
            if state.isStopping {
                plan.isOver = !state.isRefreshing && state.sessions.values.allSatisfy { !$0.isBusy }
                return plan
            }
            var wanted: [BrokerID: [TopicID: Set<PartitionIndex>]] = [:]
            if state.isFetchWanted {
                let (known, isComplete) = metadata.leaders(of: state.assignment)
                wanted = known
                if !isComplete { planSearch(&state, &plan, now) }
            }
            for broker in Set(wanted.keys).union(state.sessions.keys) {
                var session = state.sessions[broker] ?? ShareSession()
                guard !session.isBusy else { continue }
                if let retryAt = session.retryAt, retryAt > now {
                    plan.comeBack(at: retryAt)
                    continue
                }
                let renews = session.pending.values.contains(where: \.renews)
                let isUrgent = renews || state.isAwaited(broker)
                if let part = wanted[broker], !(session.canAcknowledge && isUrgent) {
                    var request = fetchRequest(of: state.id)
                    session.begin(&request, wanted: part)
                    plan.jobs.append(.fetch(broker, request))
                } else if session.canAcknowledge {
                    let due = configuration.autoCommitInterval.flatMap { interval in
                        session.pendingSince.map { $0 + interval }
                    }
                    guard isUrgent || state.isFetchWanted || due.map({ $0 <= now }) == true else {
                        if let due { plan.comeBack(at: due) }
                        continue
                    }
                    var request = ShareAcknowledgeRequest()
                    request.group = configuration.group
                    request.member = state.id
                    session.begin(&request)
                    plan.jobs.append(.acknowledge(broker, request))
                }
                state.sessions[broker] = session
            }
            return plan
        }
    }

    private func planSearch(
        _ state: inout ShareConsumerState, _ plan: inout Plan, _ now: ContinuousClock.Instant
    ) {
        guard !state.isRefreshing else { return }
        if let refreshAt = state.refreshAt, refreshAt > now { return plan.comeBack(at: refreshAt) }
        state.isRefreshing = true
        plan.jobs.append(.lookForLeaders(Array(state.assignment.keys)))
    }

    private func fetchRequest(of member: MemberID) -> ShareFetchRequest {
        ShareFetchRequest { request in
            request.group = configuration.group
            request.member = member
            request.maxWaitMs = Int32(clamping: configuration.maximumWait.milliseconds)
            request.minBytes = Int32(clamping: configuration.minimumFetchBytes)
            request.maxBytes = Int32(clamping: configuration.maximumFetchBytes)
            request.maxRecords = Int32(clamping: configuration.maximumRecords)
            request.batchSize = Int32(clamping: configuration.maximumRecords)
            request.acquireMode =
                switch configuration.acquireMode {
                case .batchOptimized: .batchOptimized
                case .recordLimit: .recordLimit
                }
        }
    }

    // MARK: Carrying out

    private func carryOut(_ job: Job) async {
        switch job {
        case .lookForLeaders(let topics):
            await lookForLeaders(of: topics)
        case .fetch(let broker, let request):
            do throws(MartletError) {
                let response = try await ask(broker, request, waiting: configuration.maximumWait)
                try demand(response.errorCode, response.errorMessage)
                takeIn(response, from: broker)
            } catch {
                didFail(broker, error)
            }
        case .acknowledge(let broker, let request):
            do throws(MartletError) {
                let response = try await ask(broker, request, waiting: .zero)
                try demand(response.errorCode, response.errorMessage)
                takeIn(response, from: broker)
            } catch {
                didFail(broker, error)
            }
        }
    }

    private var activity: String { "taking records for share group \"\(configuration.group)\"" }

    private func ask<Request: KafkaRequest>(
        _ broker: BrokerID, _ request: Request, waiting: Duration
    ) async throws(MartletError) -> Request.Response {
        let connection = try await client.connection(to: .broker(broker), in: pool)
        do {
            return try await connection.send(
                request, timeout: client.configuration.requestTimeout + waiting)
        } catch {
            throw MartletError(error, doing: activity)
        }
    }

    private func demand(_ code: ErrorCode, _ message: String?) throws(MartletError) {
        switch code {
        case .none: return
        case .shareSessionNotFound, .invalidShareSessionEpoch, .shareSessionLimitReached:
            var error = MartletError.broker(code, message, doing: activity)
            error.isRetriable = true
            throw error
        default: throw .broker(code, message, doing: activity)
        }
    }

    private func lookForLeaders(of topics: [TopicID]) async {
        var failure: MartletError?
        do throws(MartletError) {
            _ = try await client.topicNames(of: topics)
            try await client.refreshMetadata()
        } catch {
            failure = error
        }
        state.withLock { state in
            state.isRefreshing = false
            state.refreshAt = .now + client.configuration.retry.initialBackoff
        }
        if let failure, failure.code != .cancelled {
            logger.debug(
                "the leaders of a share group's partitions cannot be found for now",
                metadata: ["reason": "\(failure.message)"])
            if !failure.isRetriable { end(failure) }
        }
    }

    /// Whether the broker has seen the request is open: all that came from it is given up, and a new session
    /// begun.
    func didFail(_ broker: BrokerID, _ error: MartletError) {
        let names = client.metadata.names
        let code = error.code.brokerError
        let isLost = code == .shareSessionNotFound || code == .invalidShareSessionEpoch
        let (waiters, listeners, results) = state.withLock { state in
            var session = state.sessions[broker] ?? ShareSession()
            let exchange = session.exchange
            let said = session.didFail()
            var backoff = state.backoffs[broker] ?? Backoff(client.configuration.retry)
            // A session that the broker has forgotten is opened again at once, unless that fails as well.
            session.retryAt = isLost && backoff.attempts == 0 ? nil : .now + backoff.next()
            if isLost, backoff.attempts == 0 { _ = backoff.next() }
            state.backoffs[broker] = backoff
            state.sessions[broker] = session
            state.lose(broker)
            let results = said.flatMap { place, runs in
                runs.results(.failure(error), in: place, names)
            }
            let waiters = state.didEnd(exchange, with: broker, isOver: true, results)
            return (waiters, Array(state.listeners.values), results)
        }
        announce(results, to: waiters, listeners)
        client.metadataState.withLock { $0.invalidate() }
        state.withLock { $0.refreshAt = nil }
        guard error.code != .cancelled else { return }
        logger.debug(
            "cannot take records from a broker for now",
            metadata: ["broker": "\(broker)", "reason": "\(error.message)"])
        if !error.isRetriable { end(error) }
    }

    /// Tells those who want to know what became of acknowledgements.
    func announce(
        _ results: [AcknowledgementResult], to waiters: [ShareConsumerState.Waiter],
        _ listeners: [AsyncStream<AcknowledgementResult>.Continuation]
    ) {
        for waiter in waiters { waiter.continuation.resume(returning: waiter.results) }
        for result in results {
            for listener in listeners { listener.yield(result) }
            guard case .failure(let error) = result.result else { continue }
            logger.warning(
                "acknowledgements for a share group are not noted, the records come again",
                metadata: ["partition": "\(result.partition)", "reason": "\(error.message)"])
        }
    }
}

extension ClusterMetadata {
    /// Who leads which partitions, as far as it is known.
    fileprivate func leaders(
        of assignment: [TopicID: [PartitionIndex]]
    ) -> (known: [BrokerID: [TopicID: Set<PartitionIndex>]], isComplete: Bool) {
        var known: [BrokerID: [TopicID: Set<PartitionIndex>]] = [:]
        var isComplete = true
        for (id, partitions) in assignment {
            for index in partitions {
                guard let name = names[id], let leader = leader(of: TopicPartition(name, index)) else {
                    isComplete = false
                    continue
                }
                known[leader, default: [:]][id, default: []].insert(index)
            }
        }
        return (known, isComplete)
    }
}
