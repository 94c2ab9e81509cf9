package import MartletCore

/// Appends record batches to partitions.
///
/// Versions below 3 carry message formats that nobody may write any more. They are still read, so that each
/// of their partitions can be answered with an error.
package struct ProduceRequest: KafkaRequest {
    package typealias Response = ProduceResponse

    package static let key = APIKey.produce
    package static let versions: ClosedRange<Int16> = 0...13
    package static let flexibleFrom: Int16 = 9

    /// Set by transactional producers alone.
    package var transactionalID: TransactionalID? = nil
    /// What must have happened before the answer.
    package var acks = Acks.none
    /// How long the leader may wait for its followers.
    package var timeoutMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactionalID, since: 3)
        try wire.field(&acks)
        try wire.field(&timeoutMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension ProduceRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 13).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 12)
            try wire.field(&id, since: 13)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// Record batches, as they will stand in the log but for base offset and leader epoch.
        package var records = RecordSet.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&records)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition where its records went, or why they were refused. With `acks` 0 nothing is
/// answered at all.
package struct ProduceResponse: KafkaResponse {
    package typealias Request = ProduceRequest

    package var topics: [Topic] = []
    package var throttleTimeMs: Int32 = 0
    /// Addresses of the leaders named in `currentLeader`.
    package var nodeEndpoints: [NodeEndpoint] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.field(&throttleTimeMs, since: 1)
        try wire.tagged(0, &nodeEndpoints, since: 10)
        try wire.taggedFields()
    }
}

extension ProduceResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 13).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 12)
            try wire.field(&id, since: 13)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none
        /// Offset of the first record, or -1 with an error.
        package var baseOffset = Offset()
        /// When the broker appended, if the topic's timestamps are those of the append; otherwise -1.
        package var logAppendTimeMs: Int64 = -1
        /// First offset that the partition still has.
        package var logStartOffset = Offset.none
        /// Records for which the whole batch was refused.
        package var recordErrors: [RecordError] = []
        package var errorMessage: String? = nil
        /// Where to turn to instead, with an error about leadership.
        package var currentLeader = CurrentLeader()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&baseOffset)
            try wire.field(&logAppendTimeMs, since: 2)
            try wire.field(&logStartOffset, since: 5)
            try wire.field(&recordErrors, since: 8)
            try wire.field(&errorMessage, since: 8)
            try wire.tagged(0, &currentLeader, since: 10)
            try wire.taggedFields()
        }
    }

    package struct RecordError: WireStruct {
        /// Position of the record in its batch.
        package var index: Int32 = 0
        package var message: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&message)
            try wire.taggedFields()
        }
    }
}
