package import MartletCore

/// Makes partitions part of a producer's transaction, before it writes to them.
///
/// Versions up to 3 come from producers, and concern the one transaction that the outer fields name. Later
/// ones come from brokers, and concern several.
package struct AddPartitionsToTxnRequest: KafkaRequest {
    package typealias Response = AddPartitionsToTxnResponse

    package static let key = APIKey.addPartitionsToTxn
    package static let versions: ClosedRange<Int16> = 0...5
    package static let flexibleFrom: Int16 = 3

    /// Since version 4.
    package var transactions: [Transaction] = []
    /// Up to version 3.
    package var transactionalID = TransactionalID()
    /// Up to version 3.
    package var producerID = ProducerID.none
    /// Up to version 3.
    package var producerEpoch = ProducerEpoch.none
    /// Up to version 3.
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactions, since: 4)
        try wire.field(&transactionalID, until: 3)
        try wire.field(&producerID, until: 3)
        try wire.field(&producerEpoch, until: 3)
        try wire.field(&topics, until: 3)
        try wire.taggedFields()
    }
}

extension AddPartitionsToTxnRequest {
    package struct Transaction: WireStruct {
        package var transactionalID = TransactionalID()
        package var producerID = ProducerID.none
        package var producerEpoch = ProducerEpoch.none
        /// Ask whether the partitions are part of the transaction, but add none.
        package var verifyOnly = false
        package var topics: [Topic] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&transactionalID)
            try wire.field(&producerID)
            try wire.field(&producerEpoch)
            try wire.field(&verifyOnly)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether it is part of the transaction.
package struct AddPartitionsToTxnResponse: KafkaResponse {
    package typealias Request = AddPartitionsToTxnRequest

    package var throttleTimeMs: Int32 = 0
    /// Concerns the request as a whole (since version 4).
    package var errorCode = ErrorCode.none
    /// Since version 4.
    package var transactions: [Transaction] = []
    /// Up to version 3.
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode, since: 4)
        try wire.field(&transactions, since: 4)
        try wire.field(&topics, until: 3)
        try wire.taggedFields()
    }
}

extension AddPartitionsToTxnResponse {
    package struct Transaction: WireStruct {
        package var transactionalID = TransactionalID()
        package var topics: [Topic] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&transactionalID)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
