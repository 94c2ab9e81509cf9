internal import MartletCoordination
internal import MartletLog

/// What a coordinator is to store in the transaction of a producer.
struct TransactionalWrite: Sendable {
    let producer: TransactionalProducer
    /// That it may open the transaction in the coordinator's partition; nil if it need not.
    let verification: TransactionVerification?

    /// Why the partition does not take it: the transaction has ended, or the producer was replaced.
    func objection(of partition: Partition) -> LogError? {
        partition.log.objection(
            toTransactionOf: producer.id, epoch: producer.epoch, verification: verification)
    }
}
