internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// AddPartitionsToTxn: a producer, or another broker on behalf of several, is about to write to partitions.
struct AddPartitionsToTxnHandler: ControlHandler {
    let transactions: TransactionAccess

    private typealias Topics = [AddPartitionsToTxnRequest.Topic]
    private typealias Answers = [AddPartitionsToTxnResponse.Topic]

    /// From here on a request is of brokers, and names transactions.
    private static let firstVersionWithTransactions: Int16 = 4

    func handle(
        _ request: AddPartitionsToTxnRequest, from client: Client
    ) async -> AddPartitionsToTxnResponse {
        var response = AddPartitionsToTxnResponse()
        guard client.version >= Self.firstVersionWithTransactions else {
            response.topics = await answer(request.topics) { () async throws(RequestError) in
                try await ask(request.transactionalID, request, client).topics
            }
            return response
        }
        for transaction in request.transactions {
            var single = AddPartitionsToTxnRequest()
            single.transactions = [transaction]
            let request = single
            var result = AddPartitionsToTxnResponse.Transaction()
            result.transactionalID = transaction.transactionalID
            result.topics = await answer(transaction.topics) { () async throws(RequestError) in
                let response = try await ask(transaction.transactionalID, request, client)
                guard response.errorCode == .none else { throw RequestError(response.errorCode) }
                return response.transactions.flatMap(\.topics)
            }
            response.transactions.append(result)
        }
        return response
    }

    private func ask(
        _ id: TransactionalID, _ request: AddPartitionsToTxnRequest, _ client: Client
    ) async throws(RequestError) -> AddPartitionsToTxnResponse {
        try await transactions.ask(id.rawValue, client) { coordinator, call in
            coordinator.addPartitionsToTxn(request, call)
        }
    }

    /// All partitions are added or none: one that does not exist keeps the others out.
    private func answer(
        _ topics: Topics, _ ask: () async throws(RequestError) -> Answers
    ) async -> Answers {
        let image = await transactions.controller.image
        func exists(_ topic: TopicName, _ index: PartitionIndex) -> Bool {
            image.topics[topic]?.partitions.indices.contains(Int(index)) ?? false
        }
        let hasUnknown = topics.contains { topic in
            topic.partitions.contains { !exists(topic.name, $0) }
        }
        guard !hasUnknown else {
            return Self.answers(topics) { topic, index in
                exists(topic, index) ? .operationNotAttempted : .unknownTopicOrPartition
            }
        }
        do throws(RequestError) {
            return try await ask()
        } catch {
            return Self.answers(topics) { _, _ in error.code }
        }
    }

    private static func answers(
        _ topics: Topics, _ code: (TopicName, PartitionIndex) -> ErrorCode
    ) -> Answers {
        topics.map { topic in
            AddPartitionsToTxnResponse.Topic {
                $0.name = topic.name
                $0.partitions = topic.partitions.map { index in
                    AddPartitionsToTxnResponse.Partition {
                        $0.index = index
                        $0.errorCode = code(topic.name, index)
                    }
                }
            }
        }
    }
}
