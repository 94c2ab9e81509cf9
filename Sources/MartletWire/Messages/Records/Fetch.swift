package import MartletCore

/// Asks for records from given offsets on; consumers and followers both read this way.
///
/// Within a session (since version 7) a request names only the partitions that changed.
package struct FetchRequest: KafkaRequest {
    package typealias Response = FetchResponse

    package static let key = APIKey.fetch
    package static let versions: ClosedRange<Int16> = 4...18
    package static let flexibleFrom: Int16 = 12

    /// Names the cluster that a follower believes to be in.
    package var clusterID: String? = nil
    /// The follower's id; -1 for a consumer. From version 15 on it stands in `replicaState`.
    package var replica = BrokerID.none
    package var replicaState = ReplicaState()
    /// How long to wait for `minBytes`.
    package var maxWaitMs: Int32 = 0
    /// Bytes worth answering for before `maxWaitMs` is over.
    package var minBytes: Int32 = 0
    /// Bytes that the whole answer should not exceed, except for a first batch that is larger by itself.
    package var maxBytes: Int32 = .max
    package var isolationLevel = IsolationLevel.readUncommitted
    package var sessionID: Int32 = 0
    /// Counts the requests of a session: 0 opens one, -1 closes it or does without.
    package var sessionEpoch: Int32 = -1
    package var topics: [Topic] = []
    /// Partitions to leave out of the session from now on.
    package var forgottenTopics: [ForgottenTopic] = []
    /// Where the consumer stands, so that a near replica can serve it.
    package var rack = ""

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&replica, until: 14)
        try wire.field(&maxWaitMs)
        try wire.field(&minBytes)
        try wire.field(&maxBytes)
        try wire.field(&isolationLevel)
        try wire.field(&sessionID, since: 7)
        try wire.field(&sessionEpoch, since: 7)
        try wire.field(&topics)
        try wire.field(&forgottenTopics, since: 7)
        try wire.field(&rack, since: 11)
        try wire.tagged(0, &clusterID)
        try wire.tagged(1, &replicaState, since: 15)
        try wire.taggedFields()
    }
}

extension FetchRequest {
    package struct ReplicaState: WireStruct {
        package var id = BrokerID.none
        package var epoch: Int64 = -1

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&epoch)
            try wire.taggedFields()
        }
    }

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
        /// Lets a broker with older or newer knowledge refuse.
        package var currentLeaderEpoch = LeaderEpoch.none
        /// Offset of the first record wanted.
        package var fetchOffset = Offset()
        /// Epoch of the last record that the reader has, so that the broker sees where the two logs part.
        package var lastFetchedEpoch = LeaderEpoch.none
        /// First offset of a follower's log; -1 for a consumer.
        package var logStartOffset = Offset.none
        /// Bytes to return for this partition, except for a first batch that is larger by itself.
        package var maxBytes: Int32 = 0
        /// Of a follower: the log directory of this replica.
        package var replicaDirectoryID = DirectoryID()
        /// The high watermark that the reader knows: news of another one need not wait for bytes.
        package var highWatermark = Offset(rawValue: .max)

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&currentLeaderEpoch, since: 9)
            try wire.field(&fetchOffset)
            try wire.field(&lastFetchedEpoch, since: 12)
            try wire.field(&logStartOffset, since: 5)
            try wire.field(&maxBytes)
            try wire.tagged(0, &replicaDirectoryID, since: 17, default: DirectoryID())
            try wire.tagged(1, &highWatermark, since: 18, default: Offset(rawValue: .max))
            try wire.taggedFields()
        }
    }

    package struct ForgottenTopic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 13).
        package var id = TopicID.zero
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 12)
            try wire.field(&id, since: 13)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// Records of each partition, from the wanted offset on and up to what the reader may see.
package struct FetchResponse: KafkaResponse {
    package typealias Request = FetchRequest

    package var throttleTimeMs: Int32 = 0
    /// Concerns the request or its session as a whole (since version 7).
    package var errorCode = ErrorCode.none
    /// Zero if the request belongs to no session.
    package var sessionID: Int32 = 0
    package var topics: [Topic] = []
    /// Addresses of the leaders named in `currentLeader`.
    package var nodeEndpoints: [NodeEndpoint] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode, since: 7)
        try wire.field(&sessionID, since: 7)
        try wire.field(&topics)
        try wire.tagged(0, &nodeEndpoints, since: 16)
        try wire.taggedFields()
    }
}

extension FetchResponse {
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
        package var highWatermark = Offset()
        /// Below it no transaction is undecided.
        package var lastStableOffset = Offset.none
        package var logStartOffset = Offset.none
        /// Where the reader's log and this one part; the reader must cut back to it.
        package var divergingEpoch = DivergingEpoch()
        /// Where to turn to instead, with an error about leadership.
        package var currentLeader = CurrentLeader()
        /// Where a follower of a metadata log finds what this log no longer has.
        package var snapshotID = SnapshotID()
        /// Transactions whose records a reader of committed records must skip; null for other readers.
        package var abortedTransactions: [AbortedTransaction]? = nil
        /// Replica to read from next; -1 for this one.
        package var preferredReadReplica = BrokerID.none
        package var records = RecordSet.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&highWatermark)
            try wire.field(&lastStableOffset)
            try wire.field(&logStartOffset, since: 5)
            try wire.field(&abortedTransactions)
            try wire.field(&preferredReadReplica, since: 11)
            try wire.field(&records)
            try wire.tagged(0, &divergingEpoch)
            try wire.tagged(1, &currentLeader)
            try wire.tagged(2, &snapshotID)
            try wire.taggedFields()
        }
    }

    package struct DivergingEpoch: WireStruct {
        package var epoch = LeaderEpoch.none
        package var endOffset = Offset.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&epoch)
            try wire.field(&endOffset)
            try wire.taggedFields()
        }
    }

    package struct SnapshotID: WireStruct {
        package var endOffset = Offset.none
        package var epoch = LeaderEpoch.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&endOffset)
            try wire.field(&epoch)
            try wire.taggedFields()
        }
    }

    package struct AbortedTransaction: WireStruct {
        package var producerID = ProducerID.none
        package var firstOffset = Offset()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&producerID)
            try wire.field(&firstOffset)
            try wire.taggedFields()
        }
    }
}
