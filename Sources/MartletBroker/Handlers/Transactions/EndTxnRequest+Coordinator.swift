internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// EndTxn: a producer commits or aborts.
extension EndTxnRequest: CoordinatorRequest {
    var coordinatorKey: String { transactionalID.rawValue }

    func perform(_ coordinator: TransactionCoordinator, _ call: Call) { coordinator.endTxn(self, call) }

    func refusal(_ code: ErrorCode) -> EndTxnResponse {
        EndTxnResponse { $0.errorCode = code }
    }
}
