internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords
internal import MartletWire
internal import NIOCore

/// Finds out whether the batches of a request may join the transaction of their producer, on the loop of the
/// connection.
///
/// A partition that takes part already knows that itself. For the others the coordinator is asked, once for
/// all of them, and each partition makes sure that the transaction has not ended between its question and the
/// append (KIP-890).
struct TransactionAdmission {
    let transactionalID: TransactionalID
    let producer: TransactionalProducer
    let addsPartitions: Bool
    let context: RequestContext

    /// A batch that wants to join.
    struct Candidate: Sendable {
        let topicID: TopicID
        let partition: TopicPartition
        let sequence: Int32
        let owner: Int
    }

    /// What the append needs of an admission.
    struct Consent: Sendable {
        let verification: TransactionVerification?
        let addsPartitions: Bool

        /// What the client hears of an append that failed. If a marker has come since the coordinator agreed,
        /// perhaps that of the transaction before, the client is to try again: then the coordinator knows.
        func code(of error: LogError) -> ErrorCode {
            let code = error.errorCode
            let isOutdated = verification != nil && code == .invalidTxnState
            return isOutdated && addsPartitions ? .concurrentTransactions : code
        }
    }

    enum Outcome: Sendable {
        case admitted(TransactionVerification?)
        case refused(ErrorCode)
    }

    /// `completion` is called once, with an outcome for each of the candidates.
    func decide(_ candidates: [Candidate], _ completion: @escaping ([Outcome]) -> Void) {
        typealias Found = (index: Int, verification: TransactionVerification?)
        let home = context.shard.eventLoop
        let router = context.shard.router
        let producer = producer
        let addsPartitions = addsPartitions
        let gathering = NIOLoopBound(
            Gathering<Found>(candidates.count) { found in
                var verifications: [TransactionVerification?] = Array(repeating: nil, count: candidates.count)
                for (index, verification) in found { verifications[index] = verification }
                ask(candidates, verifications, completion)
            }, eventLoop: home)
        for (index, candidate) in candidates.enumerated() {
            router[candidate.owner].execute { shard in
                let partition = shard.partitions[candidate.topicID, candidate.partition.partition]
                let verification = partition?.log.beginVerification(
                    of: producer.id, epoch: producer.epoch, sequence: candidate.sequence,
                    bumpsEpoch: addsPartitions)
                if home.inEventLoop {
                    gathering.value.take((index, verification))
                } else {
                    home.execute { gathering.value.take((index, verification)) }
                }
            }
        }
    }

    private func ask(
        _ candidates: [Candidate], _ verifications: [TransactionVerification?],
        _ completion: @escaping ([Outcome]) -> Void
    ) {
        let unknown = zip(candidates, verifications).filter { $1 != nil }.map(\.0.partition)
        guard !unknown.isEmpty, let transactions = context.shard.transactions else {
            return completion(verifications.map { .admitted($0) })
        }
        let participation = TransactionAccess.Participation(
            transactionalID: transactionalID, producer: producer, partitions: unknown,
            addsPartitions: addsPartitions)
        transactions.admit(participation, from: context.shard) { codes in
            let outcomes = zip(candidates, verifications).map { candidate, verification in
                let code = verification == nil ? .none : codes[candidate.partition] ?? .unknownServerError
                return code == .none ? Outcome.admitted(verification) : .refused(translated(code))
            }
            completion(outcomes)
        }
    }

    /// What clients understand in answer to Produce.
    private func translated(_ code: ErrorCode) -> ErrorCode {
        switch code {
        case .producerFenced:
            .invalidProducerEpoch
        case .transactionAbortable where context.header.version < Self.firstVersionWithAbortable:
            .invalidTxnState
        case .concurrentTransactions where addsPartitions:
            code
        case .concurrentTransactions, .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator:
            // Retriable in every client, and does not make it ask for metadata.
            .notEnoughReplicas
        default:
            code
        }
    }

    private static let firstVersionWithAbortable: Int16 = 11
}
