internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// AddOffsetsToTxn: a producer is about to commit offsets of a group in its transaction.
struct AddOffsetsToTxnHandler: ControlHandler {
    let transactions: TransactionAccess
    let groups: GroupAccess

    func handle(_ request: AddOffsetsToTxnRequest, from client: Client) async -> AddOffsetsToTxnResponse {
        do throws(RequestError) {
            // The coordinator must know in which partition the offsets will be.
            try await groups.ensureTopic()
            return try await transactions.ask(request.transactionalID.rawValue, client) {
                coordinator, call in coordinator.addOffsetsToTxn(request, call)
            }
        } catch {
            return AddOffsetsToTxnResponse { $0.errorCode = error.code }
        }
    }
}
