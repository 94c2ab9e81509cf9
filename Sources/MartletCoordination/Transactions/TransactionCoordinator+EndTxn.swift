internal import MartletCore
package import MartletWire

/// EndTxn: commits or aborts.
extension TransactionCoordinator {
    package func endTxn(_ request: EndTxnRequest, _ call: Call) {
        let id = request.transactionalID
        guard !id.rawValue.isEmpty else { return answer(call, .invalidRequest, nil) }
        guard let transaction = transaction(id) else {
            return answer(call, .invalidProducerIDMapping, nil)
        }
        let asker = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        let bumpsEpoch = call.version >= 5
        switch transaction.endStep(asker, isCommit: request.commits, bumpsEpoch: bumpsEpoch) {
        case .refuse(let code): answer(call, code, nil)
        case .answer: answer(call, .none, transaction.client)
        case .awaitMarkers: hold(id, .outcome(request), call)
        case .awaitTurn: hold(id, .end(request), call)
        case .end:
            var bump: Transaction.Bump?
            if bumpsEpoch {
                guard let next = successor(of: transaction.client) else {
                    return wait(.endTxn(request, call), now: call.now)
                }
                bump = .init(next: next, isFence: false)
            }
            end(id, transaction, isCommit: request.commits, bump, now: call.now)
            if endings[id] != nil {
                hold(id, .outcome(request), call)
            } else {
                answer(call, .none, self.transaction(id)?.client)
            }
        }
    }

    func answer(_ call: Call, _ code: ErrorCode, _ client: TransactionalProducer?) {
        reply(
            call.ticket,
            EndTxnResponse {
                $0.errorCode = code.fencing(isNamed: call.version >= 2)
                $0.producerID = client?.id ?? .none
                $0.producerEpoch = client?.epoch ?? .none
            })
    }
}

extension ErrorCode {
    /// Clients of old know one error for epochs that are too old, whatever the reason.
    func fencing(isNamed: Bool) -> ErrorCode {
        self == .producerFenced && !isNamed ? .invalidProducerEpoch : self
    }
}
