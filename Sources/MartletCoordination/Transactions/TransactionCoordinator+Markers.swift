package import MartletCore
internal import MartletWire

/// From the decision to the last marker.
extension TransactionCoordinator {
    /// Ends a transaction. Without partitions there is nobody to tell, so that is one step.
    func end(
        _ id: TransactionalID, _ transaction: Transaction, isCommit: Bool, _ bump: Transaction.Bump?,
        now: Timestamp
    ) {
        var transaction = transaction
        transaction.prepare(isCommit: isCommit, bump, now: now)
        if transaction.partitions.isEmpty {
            transaction.complete(now: now)
            change(id, transaction)
        } else {
            change(id, transaction)
            writeMarkers(id, transaction, now: now)
        }
    }

    func writeMarkers(_ id: TransactionalID, _ transaction: Transaction, now: Timestamp) {
        endings[id] = TransactionEnding(remaining: transaction.partitions)
        if transaction.partitions.isEmpty {
            complete(id, now: now)
        } else {
            askForMarkers(id, transaction)
        }
    }

    func retryMarkers(_ id: TransactionalID, _ transaction: Transaction, now: Timestamp) {
        guard let ending = endings[id], ending.errand == nil else { return }
        askForMarkers(id, transaction)
    }

    private func askForMarkers(_ id: TransactionalID, _ transaction: Transaction) {
        guard var ending = endings[id], let isCommit = transaction.status.isCommit else { return }
        let errand = ask(
            .writeMarkers(
                TransactionMarkers(
                    producer: transaction.producer.id, epoch: transaction.producer.epoch,
                    isEpochBumped: transaction.isEpochBumped, isCommit: isCommit,
                    partitions: ending.remaining.sorted())))
        markerErrands[errand] = id
        ending.errand = errand
        ending.attempts += 1
        endings[id] = ending
    }

    package func errandDone(_ ticket: ErrandTicket, _ outcome: TransactionErrandOutcome, now: Timestamp) {
        if ticket == reserve.errand {
            reserve.errand = nil
            producerIDsCame(outcome, now: now)
        } else if let id = markerErrands.removeValue(forKey: ticket), endings[id]?.errand == ticket {
            markersCame(id, outcome, now: now)
        }
    }

    private func markersCame(_ id: TransactionalID, _ outcome: TransactionErrandOutcome, now: Timestamp) {
        guard var ending = endings[id] else { return }
        ending.errand = nil
        if case .markers(let codes) = outcome {
            ending.remaining = ending.remaining.filter { !Self.isSettled(codes[$0]) }
        }
        endings[id] = ending
        if ending.remaining.isEmpty {
            complete(id, now: now)
        } else {
            let delay = settings.markerRetryMs.lowerBound << Int64(min(ending.attempts - 1, 16))
            deadlines.set(.status(id), now + min(delay, settings.markerRetryMs.upperBound))
        }
    }

    private static func isSettled(_ code: ErrorCode?) -> Bool {
        switch code {
        case ErrorCode.none?: true
        // The topic was deleted, and its records with it.
        case .unknownTopicOrPartition?, .unknownTopicID?: true
        // The log has seen a later epoch of the producer, so it has no open transaction of this one.
        case .invalidProducerEpoch?, .producerFenced?: true
        default: false
        }
    }

    private func complete(_ id: TransactionalID, now: Timestamp) {
        guard var transaction = transaction(id) else { return }
        let waiters = endings.removeValue(forKey: id)?.waiters ?? []
        transaction.complete(now: now)
        setCompleted(id, transaction, now: now)
        for waiter in waiters {
            var call = waiter.call
            call.now = now
            switch waiter.request {
            case .outcome: answer(call, .none, transaction.client)
            case .end(let request): endTxn(request, call)
            case .initProducerID(let request): initProducerID(request, call)
            }
        }
    }

    // MARK: Who waits

    func hold(_ id: TransactionalID, _ request: TransactionEnding.Request, _ call: Call) {
        let patience = call.now + settings.markerPatienceMs
        let waiter = TransactionEnding.Waiter(request: request, call: call, patience: patience)
        guard let count = endings[id]?.waiters.count, count < TransactionEnding.maximumWaiters else {
            return answerWithoutMarkers(id, waiter)
        }
        endings[id]?.waiters.append(waiter)
        if deadlines[.patience(id)] == nil { deadlines.set(.patience(id), patience) }
    }

    /// The decision is durable, so a client that asked for it may know. Others come again.
    func answerImpatient(_ id: TransactionalID, now: Timestamp) {
        guard let waiters = endings[id]?.waiters, !waiters.isEmpty else { return }
        endings[id]?.waiters = waiters.filter { $0.patience > now }
        for waiter in waiters where waiter.patience <= now { answerWithoutMarkers(id, waiter) }
        if let next = endings[id]?.waiters.map(\.patience).min() { deadlines.set(.patience(id), next) }
    }

    private func answerWithoutMarkers(_ id: TransactionalID, _ waiter: TransactionEnding.Waiter) {
        switch waiter.request {
        case .outcome: answer(waiter.call, .none, transaction(id)?.client)
        case .end: answer(waiter.call, .concurrentTransactions, nil)
        case .initProducerID(let request): refuse(request, waiter.call, .concurrentTransactions)
        }
    }
}
