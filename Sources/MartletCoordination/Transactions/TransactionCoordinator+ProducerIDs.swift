internal import MartletCore
internal import MartletWire

/// What waits for a producer id.
enum DeferredStep {
    case initProducerID(InitProducerIDRequest, Call)
    case endTxn(EndTxnRequest, Call)
    case timeOut(TransactionalID)

    /// More are told to come again.
    static let maximumCount = 10_000
}

/// New producer ids, for new transactional ids and in place of those whose epochs are used up.
extension TransactionCoordinator {
    /// The producer that a client is to be after `client`; nil if there is no id for it yet.
    func successor(of client: TransactionalProducer) -> TransactionalProducer? {
        guard client.isExhausted else {
            return TransactionalProducer(id: client.id, epoch: client.epoch.successor)
        }
        return takeProducerID().map(TransactionalProducer.init(first:))
    }

    func takeProducerID() -> ProducerID? {
        let id = reserve.take()
        // The next are asked for while there are some, so that few ever wait.
        if reserve.errand == nil, id == nil || reserve.count < settings.reserveCount / 4 {
            reserve.errand = ask(.reserveProducerIDs(count: settings.reserveCount))
        }
        return id
    }

    /// Puts off what needs a producer id. Whoever found none has asked for more.
    func wait(_ step: DeferredStep, now: Timestamp) {
        if deferred.count < DeferredStep.maximumCount {
            deferred.append(step)
        } else {
            giveUp(step, now: now)
        }
    }

    func producerIDsCame(_ outcome: TransactionErrandOutcome, now: Timestamp) {
        let steps = deferred
        deferred = []
        guard case .producerIDs(let ids) = outcome, !ids.isEmpty else {
            for step in steps { giveUp(step, now: now) }
            return
        }
        reserve.add(ids)
        for step in steps {
            switch step {
            case .initProducerID(let request, var call):
                call.now = now
                initProducerID(request, call)
            case .endTxn(let request, var call):
                call.now = now
                endTxn(request, call)
            case .timeOut(let id):
                timeOut(id, now: now)
            }
        }
    }

    private func giveUp(_ step: DeferredStep, now: Timestamp) {
        switch step {
        case .initProducerID(let request, let call): refuse(request, call, .coordinatorNotAvailable)
        case .endTxn(_, let call): answer(call, .coordinatorNotAvailable, nil)
        case .timeOut(let id): deadlines.set(.status(id), now + settings.markerRetryMs.upperBound)
        }
    }
}
