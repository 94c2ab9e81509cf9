import MartletCoordination
import MartletCore
import MartletWire

/// What producers ask, with the answers at once.
extension TransactionWorld {
    typealias Producer = TransactionalProducer

    static func partition(_ index: Int32) -> TopicPartition { TopicPartition("t", index) }

    func requestToInit(
        _ id: TransactionalID = "a", _ producer: Producer? = nil, timeoutMs: Int32 = 60_000
    ) -> InitProducerIDRequest {
        InitProducerIDRequest {
            $0.transactionalID = id
            $0.transactionTimeoutMs = timeoutMs
            $0.producerID = producer?.id ?? .none
            $0.producerEpoch = producer?.epoch ?? .none
        }
    }

    /// The producer that the coordinator made.
    func initialize(
        _ id: TransactionalID = "a", _ producer: Producer? = nil, timeoutMs: Int32 = 60_000
    ) -> Producer? {
        guard
            let answer = ask(
                requestToInit(id, producer, timeoutMs: timeoutMs), 5, TransactionCoordinator.initProducerID),
            answer.errorCode == .none
        else { return nil }
        return Producer(id: answer.producerID, epoch: answer.producerEpoch)
    }

    func requestToAdd(
        _ producer: Producer, _ indexes: [Int32], to id: TransactionalID = "a", verifyOnly: Bool = false,
        version: Int16 = 5
    ) -> AddPartitionsToTxnRequest {
        let topics = [
            AddPartitionsToTxnRequest.Topic {
                $0.name = "t"
                $0.partitions = indexes
            }
        ]
        return AddPartitionsToTxnRequest {
            if version <= 3 {
                $0.transactionalID = id
                $0.producerID = producer.id
                $0.producerEpoch = producer.epoch
                $0.topics = topics
            } else {
                $0.transactions = [
                    .init {
                        $0.transactionalID = id
                        $0.producerID = producer.id
                        $0.producerEpoch = producer.epoch
                        $0.verifyOnly = verifyOnly
                        $0.topics = topics
                    }
                ]
            }
        }
    }

    static func codes(_ answer: AddPartitionsToTxnResponse) -> [ErrorCode] {
        let topics = answer.transactions.flatMap(\.topics) + answer.topics
        return topics.flatMap { $0.partitions.map(\.errorCode) }
    }

    func add(
        _ producer: Producer, _ indexes: [Int32] = [0], to id: TransactionalID = "a", version: Int16 = 5,
        verifyOnly: Bool = false
    ) -> [ErrorCode] {
        let request = requestToAdd(producer, indexes, to: id, verifyOnly: verifyOnly, version: version)
        return ask(request, version, TransactionCoordinator.addPartitionsToTxn).map(Self.codes) ?? []
    }

    func requestToEnd(
        _ producer: Producer, commits: Bool, _ id: TransactionalID = "a"
    ) -> EndTxnRequest {
        EndTxnRequest {
            $0.transactionalID = id
            $0.producerID = producer.id
            $0.producerEpoch = producer.epoch
            $0.commits = commits
        }
    }

    struct Ended: Equatable {
        var code: ErrorCode
        var next: Producer
    }

    func end(
        _ producer: Producer, commits: Bool, _ id: TransactionalID = "a", version: Int16 = 5
    ) -> Ended? {
        ask(requestToEnd(producer, commits: commits, id), version, TransactionCoordinator.endTxn).map {
            Ended(code: $0.errorCode, next: Producer(id: $0.producerID, epoch: $0.producerEpoch))
        }
    }

    func describe(_ id: TransactionalID = "a") -> DescribeTransactionsResponse.Transaction? {
        let request = DescribeTransactionsRequest { $0.transactionalIDs = [id] }
        return ask(request, 0, TransactionCoordinator.describeTransactions)?.transactions.first
    }

    func state(_ id: TransactionalID = "a") -> String? { describe(id)?.state }
}

extension TransactionalProducer {
    init(_ id: Int64, _ epoch: Int16) {
        self.init(id: ProducerID(rawValue: id), epoch: ProducerEpoch(rawValue: epoch))
    }

    var bumped: TransactionalProducer { .init(id.rawValue, epoch.rawValue + 1) }
}
