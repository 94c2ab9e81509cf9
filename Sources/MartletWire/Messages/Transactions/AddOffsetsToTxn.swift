package import MartletCore

/// Makes the offsets of a consumer group part of a producer's transaction.
package struct AddOffsetsToTxnRequest: KafkaRequest {
    package typealias Response = AddOffsetsToTxnResponse

    package static let key = APIKey.addOffsetsToTxn
    package static let versions: ClosedRange<Int16> = 0...4
    package static let flexibleFrom: Int16 = 3

    package var transactionalID = TransactionalID()
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none
    package var group = GroupID()

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactionalID)
        try wire.field(&producerID)
        try wire.field(&producerEpoch)
        try wire.field(&group)
        try wire.taggedFields()
    }
}

/// Says whether the offsets of the group may follow.
package struct AddOffsetsToTxnResponse: KafkaResponse {
    package typealias Request = AddOffsetsToTxnRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.taggedFields()
    }
}
