internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// Finds the coordinator of a transactional id.
typealias TransactionAccess = CoordinatorAccess<TransactionCoordinator>

extension TransactionAccess {
    init(controller: Controller, router: ShardRouter, control: ControlQueue) {
        self.init(
            topic: .transactionState, table: { $0.transactions }, controller: controller, router: router,
            control: control)
    }

    /// What a producer is about to write in its transaction.
    struct Participation: Sendable {
        var transactionalID: TransactionalID
        var producer: TransactionalProducer
        var partitions: [TopicPartition]
        /// How partitions that are not in the transaction yet are taken: the newer clients leave it to the
        /// broker to add them, for the older ones it checks that they did it themselves (KIP-890).
        var addsPartitions: Bool
    }

    /// Asks whether records of a transaction may go to these partitions. `completion` is called once, on
    /// `shard`'s loop, with what the coordinator says to each of them.
    func admit(
        _ participation: Participation, from shard: Shard,
        _ completion: @escaping ([TopicPartition: ErrorCode]) -> Void
    ) {
        let patience = shard.environment.settings.int("add.partitions.to.txn.retry.backoff.max.ms") ?? 0
        let deadline = NIODeadline.now() + .milliseconds(Int64(patience))
        admit(participation, from: shard, until: deadline, completion)
    }

    private func admit(
        _ participation: Participation, from shard: Shard, until deadline: NIODeadline,
        _ completion: @escaping ([TopicPartition: ErrorCode]) -> Void
    ) {
        let request = participation.request
        let eventLoop = shard.eventLoop
        let bound = NIOLoopBound((shard, completion), eventLoop: eventLoop)
        submit(participation.transactionalID.rawValue, .transactionalWrite, from: shard) {
            coordinator, call in
            coordinator.addPartitionsToTxn(request, call)
        } _: { answer in
            eventLoop.execute {
                let (shard, completion) = bound.value
                let codes = participation.codes(answer)
                guard participation.addsPartitions, codes.values.contains(.concurrentTransactions),
                    NIODeadline.now() < deadline
                else { return completion(codes) }
                // The producer's last transaction is about to be over.
                let pause = shard.environment.settings.int("add.partitions.to.txn.retry.backoff.ms") ?? 20
                shard.eventLoop.scheduleTask(in: .milliseconds(Int64(pause))) {
                    let (shard, completion) = bound.value
                    admit(participation, from: shard, until: deadline, completion)
                }
            }
        }
    }
}

extension TransactionAccess.Participation {
    /// In the form that brokers use among themselves.
    fileprivate var request: AddPartitionsToTxnRequest {
        var transaction = AddPartitionsToTxnRequest.Transaction()
        transaction.transactionalID = transactionalID
        transaction.producerID = producer.id
        transaction.producerEpoch = producer.epoch
        transaction.verifyOnly = !addsPartitions
        transaction.topics = Dictionary(grouping: partitions, by: \.topic).map { name, partitions in
            var topic = AddPartitionsToTxnRequest.Topic()
            topic.name = name
            topic.partitions = partitions.map(\.partition)
            return topic
        }
        var request = AddPartitionsToTxnRequest()
        request.transactions = [transaction]
        return request
    }

    fileprivate func codes(_ answer: CoordinatorAnswer) -> [TopicPartition: ErrorCode] {
        switch answer {
        case .failure(let unavailable):
            return all(unavailable.code)
        case .success(let response):
            guard let response = response as? AddPartitionsToTxnResponse else {
                return all(.unknownServerError)
            }
            guard response.errorCode == .none else { return all(response.errorCode) }
            var codes = all(.unknownServerError)
            for topic in response.transactions.flatMap(\.topics) {
                for partition in topic.partitions {
                    codes[TopicPartition(topic.name, partition.index)] = partition.errorCode
                }
            }
            return codes
        }
    }

    private func all(_ code: ErrorCode) -> [TopicPartition: ErrorCode] {
        Dictionary(partitions.map { ($0, code) }) { first, _ in first }
    }
}

extension Caller {
    /// The broker itself, on behalf of a producer: in the version of AddPartitionsToTxn with all that it
    /// can say.
    static let transactionalWrite = Caller(version: 5)
}
