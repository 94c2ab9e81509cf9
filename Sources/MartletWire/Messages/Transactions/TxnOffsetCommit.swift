package import MartletCore

/// Stores how far a group has read, if and when the transaction commits.
package struct TxnOffsetCommitRequest: KafkaRequest {
    package typealias Response = TxnOffsetCommitResponse

    package static let key = APIKey.txnOffsetCommit
    package static let versions: ClosedRange<Int16> = 0...6
    package static let flexibleFrom: Int16 = 3

    package var transactionalID = TransactionalID()
    package var group = GroupID()
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none
    /// The member epoch, where the group speaks the consumer protocol; -1 for a client that is not a member
    /// (since version 3).
    package var generation = GenerationID.none
    package var member = MemberID()
    package var instance: InstanceID? = nil
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactionalID)
        try wire.field(&group)
        try wire.field(&producerID)
        try wire.field(&producerEpoch)
        try wire.field(&generation, since: 3)
        try wire.field(&member, since: 3)
        try wire.field(&instance, since: 3)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension TxnOffsetCommitRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 6).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 5)
            try wire.field(&id, since: 6)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// Offset of the next record to read.
        package var offset = Offset()
        /// Epoch of the last record that was read.
        package var leaderEpoch = LeaderEpoch.none
        /// Text of the client's own, given back with the offset.
        package var metadata: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&offset)
            try wire.field(&leaderEpoch, since: 2)
            try wire.field(&metadata)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether its offset is noted.
package struct TxnOffsetCommitResponse: KafkaResponse {
    package typealias Request = TxnOffsetCommitRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension TxnOffsetCommitResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 6).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 5)
            try wire.field(&id, since: 6)
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
