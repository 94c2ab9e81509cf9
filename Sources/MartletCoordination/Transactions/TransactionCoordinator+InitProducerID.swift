internal import MartletCore
package import MartletWire

/// InitProducerId: gives a producer its id and epoch, and fences whoever had them before.
extension TransactionCoordinator {
    package func initProducerID(_ request: InitProducerIDRequest, _ call: Call) {
        if let code = refusal(request) { return refuse(request, call, code) }
        guard let id = request.transactionalID, let transaction = transaction(id) else {
            return create(request, call)
        }
        let asker: TransactionalProducer? =
            request.producerID == .none
            ? nil : TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        let step = transaction.initStep(asker, keepsPrepared: request.keepPreparedTransaction)
        switch step {
        case .refuse(let code): return refuse(request, call, code)
        case .answer: return answer(call, transaction)
        case .awaitTurn: return hold(id, .initProducerID(request), call)
        case .abort, .begin, .handOver: break
        }
        guard let next = successor(of: transaction.client) else {
            return wait(.initProducerID(request, call), now: call.now)
        }
        let isFence = asker == nil
        var changed = transaction
        switch step {
        case .begin:
            changed.begin(next, isFence: isFence, timeoutMs: timeout(request), now: call.now)
            change(id, changed)
            answer(call, changed)
        case .handOver:
            changed.handOver(to: next, isFence: isFence, now: call.now)
            change(id, changed)
            answer(call, changed)
        default:
            // Then the request is looked at again. A new incarnation gets an epoch of its own after that of
            // the abort; the one that was here before gets that of the abort.
            end(id, transaction, isCommit: false, .init(next: next, isFence: isFence), now: call.now)
            if endings[id] != nil {
                hold(id, .initProducerID(request), call)
            } else {
                initProducerID(request, call)
            }
        }
    }

    private func refusal(_ request: InitProducerIDRequest) -> ErrorCode? {
        guard (request.producerID == .none) == (request.producerEpoch == .none) else {
            return .invalidRequest
        }
        guard let id = request.transactionalID else { return nil }
        if id.rawValue.isEmpty { return .invalidRequest }
        if request.enableTwoPhaseCommit {
            return settings.isTwoPhaseCommitEnabled ? nil : .transactionalIDAuthorizationFailed
        }
        let isInRange = (1...settings.maximumTimeoutMs).contains(request.transactionTimeoutMs)
        return isInRange ? nil : .invalidTransactionTimeout
    }

    private func timeout(_ request: InitProducerIDRequest) -> Int32 {
        request.enableTwoPhaseCommit ? .max : request.transactionTimeoutMs
    }

    /// For a transactional id that is new, or a producer without one.
    private func create(_ request: InitProducerIDRequest, _ call: Call) {
        guard let producerID = takeProducerID() else {
            return wait(.initProducerID(request, call), now: call.now)
        }
        let transaction = Transaction(
            TransactionalProducer(first: producerID), timeoutMs: timeout(request), now: call.now)
        if let id = request.transactionalID { change(id, transaction) }
        answer(call, transaction)
    }

    private func answer(_ call: Call, _ transaction: Transaction) {
        reply(
            call.ticket,
            InitProducerIDResponse {
                $0.producerID = transaction.client.id
                $0.producerEpoch = transaction.client.epoch
                guard transaction.isHandedOver else { return }
                $0.ongoingTransactionProducerID = transaction.producer.id
                $0.ongoingTransactionProducerEpoch = transaction.producer.epoch
            })
    }

    func refuse(_ request: InitProducerIDRequest, _ call: Call, _ code: ErrorCode) {
        reply(
            call.ticket,
            InitProducerIDResponse { $0.errorCode = code.fencing(isNamed: call.version >= 4) })
    }
}
