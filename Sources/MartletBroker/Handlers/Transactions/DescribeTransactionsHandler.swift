internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DescribeTransactions: where transactional ids stand (KIP-664).
struct DescribeTransactionsHandler: ControlHandler {
    let transactions: TransactionAccess

    func handle(
        _ request: DescribeTransactionsRequest, from client: Client
    ) async -> DescribeTransactionsResponse {
        var response = DescribeTransactionsResponse()
        var answered: Set<TransactionalID> = []
        for id in request.transactionalIDs where answered.insert(id).inserted {
            response.transactions += await describe(id, client)
        }
        return response
    }

    private func describe(
        _ id: TransactionalID, _ client: Client
    ) async -> [DescribeTransactionsResponse.Transaction] {
        do throws(RequestError) {
            // Without the topic nobody has used any transactional id.
            guard await transactions.controller.image.topics[transactions.topic.name] != nil else {
                throw RequestError(.transactionalIDNotFound)
            }
            let request = DescribeTransactionsRequest { $0.transactionalIDs = [id] }
            let response: DescribeTransactionsResponse = try await transactions.ask(id.rawValue, client) {
                coordinator, call in coordinator.describeTransactions(request, call)
            }
            return response.transactions
        } catch {
            let answer = DescribeTransactionsResponse.Transaction {
                $0.transactionalID = id
                $0.errorCode = error.code
            }
            return [answer]
        }
    }
}
