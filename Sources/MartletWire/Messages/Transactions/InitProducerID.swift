package import MartletCore

/// Gets a producer id and epoch, for idempotence or for transactions; with a transactional id it also ends
/// what an earlier incarnation left open.
///
/// Version 6 prepares for two-phase commit and is not stable yet.
package struct InitProducerIDRequest: KafkaRequest {
    package typealias Response = InitProducerIDResponse

    package static let key = APIKey.initProducerID
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16 = 2

    /// Null for a producer that is only idempotent.
    package var transactionalID: TransactionalID? = nil
    /// After this long the coordinator aborts an open transaction.
    package var transactionTimeoutMs: Int32 = 0
    /// Known already to a producer that asks for its next epoch (since version 3).
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none
    package var enableTwoPhaseCommit = false
    package var keepPreparedTransaction = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactionalID)
        try wire.field(&transactionTimeoutMs)
        try wire.field(&producerID, since: 3)
        try wire.field(&producerEpoch, since: 3)
        try wire.field(&enableTwoPhaseCommit, since: 6)
        try wire.field(&keepPreparedTransaction, since: 6)
        try wire.taggedFields()
    }
}

/// The producer's id and epoch.
package struct InitProducerIDResponse: KafkaResponse {
    package typealias Request = InitProducerIDRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none
    package var ongoingTransactionProducerID = ProducerID.none
    package var ongoingTransactionProducerEpoch = ProducerEpoch.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&producerID)
        try wire.field(&producerEpoch)
        try wire.field(&ongoingTransactionProducerID, since: 6)
        try wire.field(&ongoingTransactionProducerEpoch, since: 6)
        try wire.taggedFields()
    }
}
