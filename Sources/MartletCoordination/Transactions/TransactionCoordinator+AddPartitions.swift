internal import MartletCore
package import MartletWire

/// AddPartitionsToTxn and AddOffsetsToTxn: what belongs to a transaction, before it is written to.
extension TransactionCoordinator {
    /// Up to version 3 from producers, for one transaction; later from brokers, for any.
    ///
    /// Whether the partitions exist, and whether the client may write to them, is not looked at here.
    package func addPartitionsToTxn(_ request: AddPartitionsToTxnRequest, _ call: Call) {
        var response = AddPartitionsToTxnResponse()
        if call.version <= 3 {
            let producer = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
            let code = add(Self.partitions(request.topics), to: request.transactionalID, producer, call, 0)
            response.topics = Self.answer(request.topics) { _ in code.fencing(isNamed: call.version >= 2) }
        } else {
            response.transactions = request.transactions.map { transaction in
                .init {
                    $0.transactionalID = transaction.transactionalID
                    $0.topics = transaction.verifyOnly ? verify(transaction, call) : add(transaction, call)
                }
            }
        }
        reply(call.ticket, response)
    }

    /// Makes the offsets of a group part of the transaction: the partition that they are stored in.
    package func addOffsetsToTxn(_ request: AddOffsetsToTxnRequest, _ call: Call) {
        let producer = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        var code = ErrorCode.coordinatorNotAvailable
        if let offsets = topics[Self.consumerOffsets] {
            let index = CoordinatorPartition.of(request.group, count: offsets.partitionCount)
            code = add([TopicPartition(offsets.name, index)], to: request.transactionalID, producer, call, 0)
        }
        reply(
            call.ticket,
            AddOffsetsToTxnResponse { $0.errorCode = code.fencing(isNamed: call.version >= 2) })
    }

    private static let consumerOffsets: TopicName = "__consumer_offsets"

    private func add(
        _ partitions: [TopicPartition], to id: TransactionalID, _ producer: TransactionalProducer,
        _ call: Call,
        _ clientVersion: Int16
    ) -> ErrorCode {
        guard !id.rawValue.isEmpty else { return .invalidRequest }
        guard var transaction = transaction(id) else { return .invalidProducerIDMapping }
        if let code = transaction.refusalToAdd(producer) { return code }
        if transaction.status == .ongoing, transaction.partitions.isSuperset(of: partitions) { return .none }
        transaction.add(partitions, clientVersion: clientVersion, now: call.now)
        change(id, transaction)
        return .none
    }

    private func add(
        _ request: AddPartitionsToTxnRequest.Transaction, _ call: Call
    ) -> [AddPartitionsToTxnResponse.Topic] {
        let producer = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        let code = add(
            Self.partitions(request.topics), to: request.transactionalID, producer, call,
            call.version >= 5 ? 2 : 0)
        return Self.answer(request.topics) { _ in code }
    }

    /// Says what is part of the transaction, so that nothing is written that no marker would end (KIP-890).
    private func verify(
        _ request: AddPartitionsToTxnRequest.Transaction, _ call: Call
    ) -> [AddPartitionsToTxnResponse.Topic] {
        let producer = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        let transaction = transaction(request.transactionalID)
        let refusal: ErrorCode? =
            request.transactionalID.rawValue.isEmpty
            ? .invalidRequest
            : transaction.map { $0.refusalToAdd(producer) } ?? .invalidProducerIDMapping
        let missing: ErrorCode = call.version >= 5 ? .transactionAbortable : .invalidTxnState
        return Self.answer(request.topics) { partition in
            refusal ?? (transaction?.partitions.contains(partition) == true ? .none : missing)
        }
    }

    private static func partitions(_ topics: [AddPartitionsToTxnRequest.Topic]) -> [TopicPartition] {
        topics.flatMap { topic in topic.partitions.map { TopicPartition(topic.name, $0) } }
    }

    private static func answer(
        _ topics: [AddPartitionsToTxnRequest.Topic], _ code: (TopicPartition) -> ErrorCode
    ) -> [AddPartitionsToTxnResponse.Topic] {
        topics.map { topic in
            .init {
                $0.name = topic.name
                $0.partitions = topic.partitions.map { index in
                    .init {
                        $0.index = index
                        $0.errorCode = code(TopicPartition(topic.name, index))
                    }
                }
            }
        }
    }
}
