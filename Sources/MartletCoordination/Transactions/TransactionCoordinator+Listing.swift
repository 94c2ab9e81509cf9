internal import MartletCore
package import MartletWire

/// DescribeTransactions and ListTransactions.
extension TransactionCoordinator {
    package func describeTransactions(_ request: DescribeTransactionsRequest, _ call: Call) {
        let transactions = request.transactionalIDs.map(describe)
        reply(call.ticket, DescribeTransactionsResponse { $0.transactions = transactions })
    }

    private func describe(_ id: TransactionalID) -> DescribeTransactionsResponse.Transaction {
        var answer = DescribeTransactionsResponse.Transaction { $0.transactionalID = id }
        guard let transaction = transaction(id) else {
            answer.errorCode = id.rawValue.isEmpty ? .invalidRequest : .transactionalIDNotFound
            return answer
        }
        answer.state = transaction.status.name
        answer.timeoutMs = transaction.timeoutMs
        answer.startTimeMs = transaction.startTimestamp.rawValue
        answer.producerID = transaction.producer.id
        answer.producerEpoch = transaction.producer.epoch
        answer.topics = transaction.topics.map { topic in
            .init {
                $0.name = topic.name
                $0.partitions = topic.partitions
            }
        }
        return answer
    }

    /// Those of this coordinator that pass all filters, in the order of their ids.
    package func listTransactions(_ request: ListTransactionsRequest, _ call: Call) {
        var response = ListTransactionsResponse()
        response.unknownStateFilters = request.stateFilters.filter { TransactionStatus(name: $0) == nil }
        let states = Set(request.stateFilters.compactMap(TransactionStatus.init(name:)))
        let producers = Set(request.producerIDFilters)
        var found = transactions.filter { _, transaction in
            guard request.stateFilters.isEmpty || states.contains(transaction.status),
                producers.isEmpty || producers.contains(transaction.producer.id)
            else { return false }
            guard request.durationFilterMs >= 0 else { return true }
            let age = call.now - transaction.startTimestamp
            return transaction.status.isOpen && age > request.durationFilterMs
        }
        do throws(TopicPatternError) {
            found = try Self.matching(request.transactionalIDPattern, found)
        } catch {
            response.errorCode = .invalidRegularExpression
            return reply(call.ticket, response)
        }
        for (id, transaction) in found.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            response.transactions.append(
                .init {
                    $0.transactionalID = id
                    $0.producerID = transaction.producer.id
                    $0.state = transaction.status.name
                })
        }
        reply(call.ticket, response)
    }

    /// An empty pattern is none.
    private static func matching(
        _ pattern: String?, _ transactions: [TransactionalID: Transaction]
    ) throws(TopicPatternError) -> [TransactionalID: Transaction] {
        guard let pattern, !pattern.isEmpty else { return transactions }
        let names = transactions.keys.map { TopicName($0.rawValue) }
        let matching = Set(try TopicPattern(pattern).matches(among: names))
        return transactions.filter { matching.contains(TopicName($0.key.rawValue)) }
    }
}
