internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// TxnOffsetCommit: a group has come so far, if the transaction is committed.
///
/// The offsets are records of the transaction like any other: they need the consent of its coordinator, and
/// the partition makes sure that the transaction has not been ended between that and the append (KIP-890).
struct TxnOffsetCommitHandler: LoopHandler {
    let groups: GroupAccess
    let transactions: TransactionAccess

    /// From here on the broker adds the partition of the offsets to the transaction.
    private static let firstVersionThatAdds: Int16 = 5

    func handle(_ request: TxnOffsetCommitRequest, _ context: RequestContext) {
        Exchange(request, context, self).start()
    }

    /// One request under way, on the loop of its connection.
    private final class Exchange {
        private let request: TxnOffsetCommitRequest
        private let context: RequestContext
        private let handler: TxnOffsetCommitHandler
        private let producer: TransactionalProducer

        init(
            _ request: TxnOffsetCommitRequest, _ context: RequestContext, _ handler: TxnOffsetCommitHandler
        ) {
            self.request = request
            self.context = context
            self.handler = handler
            producer = TransactionalProducer(id: request.producerID, epoch: request.producerEpoch)
        }

        private var addsPartition: Bool {
            context.header.version >= TxnOffsetCommitHandler.firstVersionThatAdds
        }

        func start() {
            let exchange = NIOLoopBound(self, eventLoop: context.shard.eventLoop)
            context.onDrain = { exchange.value.refuse(.notCoordinator) }
            guard let topic = context.shard.image.topics[InternalTopic.consumerOffsets.name] else {
                return makeTopic()
            }
            let index = CoordinatorPartition.of(request.group, count: topic.partitions.count)
            let home = context.shard.eventLoop
            let request = request
            let router = context.shard.router
            router[router.owner(of: topic.id, index)].execute { shard in
                let verification = shard.partitions[topic.id, index]?.log.beginVerification(
                    of: request.producerID, epoch: request.producerEpoch, sequence: 0)
                home.execute {
                    exchange.value.admit(to: TopicPartition(topic.name, index), verification)
                }
            }
        }

        /// The group is the first that commits anything.
        private func makeTopic() {
            let exchange = NIOLoopBound(self, eventLoop: context.shard.eventLoop)
            let home = context.shard.eventLoop
            let groups = handler.groups
            groups.control.submit {
                let isThere = (try? await groups.ensureTopic()) != nil
                home.execute {
                    if isThere {
                        exchange.value.start()
                    } else {
                        exchange.value.refuse(.coordinatorNotAvailable)
                    }
                }
            }
        }

        private func admit(to partition: TopicPartition, _ verification: TransactionVerification?) {
            guard let verification else { return commit(nil) }
            let participation = TransactionAccess.Participation(
                transactionalID: request.transactionalID, producer: producer, partitions: [partition],
                addsPartitions: addsPartition)
            handler.transactions.admit(participation, from: context.shard) { [self] codes in
                let code = codes[partition] ?? .unknownServerError
                if code == .none { commit(verification) } else { refuse(code) }
            }
        }

        private func commit(_ verification: TransactionVerification?) {
            let exchange = NIOLoopBound(self, eventLoop: context.shard.eventLoop)
            let home = context.shard.eventLoop
            let request = request
            let group = request.group
            let producer = producer
            handler.groups.submit(
                to: { CoordinatorPartition.of(group, count: $0) },
                Caller(context.header, context.connection),
                in: TransactionalWrite(producer: producer, verification: verification),
                from: context.shard
            ) { coordinator, call in
                coordinator.txnOffsetCommit(request, call)
            } _: { answer in
                home.execute { exchange.value.finish(answer) }
            }
        }

        private func finish(_ answer: CoordinatorAnswer) {
            switch answer {
            case .success(let response as TxnOffsetCommitResponse): context.reply(response)
            case .success: refuse(.unknownServerError)
            // There was consent, and a marker has come since, perhaps that of the transaction before. Asked
            // again, the coordinator knows.
            case .failure(let unavailable) where unavailable.code == .invalidTxnState && addsPartition:
                refuse(.concurrentTransactions)
            case .failure(let unavailable): refuse(unavailable.code)
            }
        }

        /// What clients of this API understand.
        private func translated(_ code: ErrorCode) -> ErrorCode {
            switch code {
            case .producerFenced: .invalidProducerEpoch
            // Clients of before know of no coordinator that is being loaded.
            case .coordinatorLoadInProgress where context.header.version < 2: .coordinatorNotAvailable
            case .transactionAbortable
            where context.header.version < TxnOffsetCommitHandler.firstVersionThatAdds - 1:
                .invalidTxnState
            default: code
            }
        }

        private func refuse(_ code: ErrorCode) {
            let code = translated(code)
            var response = TxnOffsetCommitResponse()
            response.topics = request.topics.map { topic in
                TxnOffsetCommitResponse.Topic {
                    $0.name = topic.name
                    $0.id = topic.id
                    $0.partitions = topic.partitions.map { partition in
                        TxnOffsetCommitResponse.Partition {
                            $0.index = partition.index
                            $0.errorCode = code
                        }
                    }
                }
            }
            context.reply(response)
        }
    }
}
