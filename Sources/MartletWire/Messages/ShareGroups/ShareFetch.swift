package import MartletCore

/// Acquires records for a member of a share group, and says what became of those it got before.
///
/// Within a session a request names only the partitions that changed.
package struct ShareFetchRequest: KafkaRequest {
    package typealias Response = ShareFetchResponse

    package static let key = APIKey.shareFetch
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16 = 0

    package var group: GroupID? = nil
    package var member: MemberID? = nil
    /// Counts the requests of a session: 0 opens one, -1 closes it.
    package var shareSessionEpoch: Int32 = 0
    /// How long to wait for `minBytes`.
    package var maxWaitMs: Int32 = 0
    /// Bytes worth answering for before `maxWaitMs` is over.
    package var minBytes: Int32 = 0
    package var maxBytes: Int32 = .max
    /// Records to acquire at most; how strictly is for `acquireMode` to say.
    package var maxRecords: Int32 = 0
    /// Records in each acquired batch, at best.
    package var batchSize: Int32 = 0
    /// Since version 2.
    package var acquireMode = ShareAcquireMode.batchOptimized
    /// Some acknowledgements renew locks, and nothing is fetched (since version 2).
    package var renewsLocks = false
    package var topics: [Topic] = []
    /// Partitions to leave out of the session from now on.
    package var forgottenTopics: [ForgottenTopic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.field(&shareSessionEpoch)
        try wire.field(&maxWaitMs)
        try wire.field(&minBytes)
        try wire.field(&maxBytes)
        try wire.field(&maxRecords)
        try wire.field(&batchSize)
        try wire.field(&acquireMode, since: 2)
        try wire.field(&renewsLocks, since: 2)
        try wire.field(&topics)
        try wire.field(&forgottenTopics)
        try wire.taggedFields()
    }
}

extension ShareFetchRequest {
    package struct Topic: WireStruct {
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var acknowledgementBatches: [AcknowledgementBatch] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&acknowledgementBatches)
            try wire.taggedFields()
        }
    }

    package struct ForgottenTopic: WireStruct {
        package var id = TopicID.zero
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// The records, and which of them are acquired for this member.
package struct ShareFetchResponse: KafkaResponse {
    package typealias Request = ShareFetchRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    /// How long the member has for its records before others get them.
    package var acquisitionLockTimeoutMs: Int32 = 0
    package var topics: [Topic] = []
    /// Addresses of the leaders named in `currentLeader`.
    package var nodeEndpoints: [NodeEndpoint] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&acquisitionLockTimeoutMs)
        try wire.field(&topics)
        try wire.field(&nodeEndpoints)
        try wire.taggedFields()
    }
}

extension ShareFetchResponse {
    package struct Topic: WireStruct {
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        /// Concerns the acknowledgements that came with the request.
        package var acknowledgeErrorCode = ErrorCode.none
        package var acknowledgeErrorMessage: String? = nil
        /// Where to turn to instead, with an error about leadership.
        package var currentLeader = CurrentLeader()
        /// Whole batches; of their records only those in `acquiredRecords` are for this member.
        package var records = RecordSet.bytes(.empty)
        package var acquiredRecords: [AcquiredRecords] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&acknowledgeErrorCode)
            try wire.field(&acknowledgeErrorMessage)
            try wire.field(&currentLeader)
            try wire.field(&records, isNullable: false)
            try wire.field(&acquiredRecords)
            try wire.taggedFields()
        }
    }

    package struct AcquiredRecords: WireStruct {
        package var firstOffset = Offset()
        package var lastOffset = Offset()
        /// How often these records have been delivered, this time included.
        package var deliveryCount: Int16 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&firstOffset)
            try wire.field(&lastOffset)
            try wire.field(&deliveryCount)
            try wire.taggedFields()
        }
    }
}
