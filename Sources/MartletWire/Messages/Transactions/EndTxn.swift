package import MartletCore

/// Commits or aborts a transaction.
package struct EndTxnRequest: KafkaRequest {
    package typealias Response = EndTxnResponse

    package static let key = APIKey.endTxn
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16 = 3

    package var transactionalID = TransactionalID()
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none
    /// True to commit, false to abort.
    package var commits = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactionalID)
        try wire.field(&producerID)
        try wire.field(&producerEpoch)
        try wire.field(&commits)
        try wire.taggedFields()
    }
}

/// Says whether the decision is taken; what it means for each partition follows by itself.
package struct EndTxnResponse: KafkaResponse {
    package typealias Request = EndTxnRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    /// Id and epoch for the next transaction (since version 5).
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&producerID, since: 5)
        try wire.field(&producerEpoch, since: 5)
        try wire.taggedFields()
    }
}
