internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ListTransactions: which transactional ids there are, of all coordinators (KIP-664).
struct ListTransactionsHandler: ControlHandler {
    let transactions: TransactionAccess

    func handle(_ request: ListTransactionsRequest, from client: Client) async -> ListTransactionsResponse {
        var response = ListTransactionsResponse()
        do throws(RequestError) {
            let parts: [ListTransactionsResponse] = try await transactions.askAll(client) {
                coordinator, call in coordinator.listTransactions(request, call)
            }
            response.transactions = parts.flatMap(\.transactions)
            // Each coordinator knows the same states.
            response.unknownStateFilters = parts.first?.unknownStateFilters ?? []
            response.errorCode = parts.first { $0.errorCode != .none }?.errorCode ?? .none
        } catch {
            response.errorCode = error.code
        }
        return response
    }
}
