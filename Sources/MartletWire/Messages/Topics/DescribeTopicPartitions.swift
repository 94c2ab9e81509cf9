package import MartletCore

/// Asks for topics page by page, so that no answer grows without limit.
package struct DescribeTopicPartitionsRequest: KafkaRequest {
    package typealias Response = DescribeTopicPartitionsResponse

    package static let key = APIKey.describeTopicPartitions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    /// Empty for all topics.
    package var topics: [Topic] = []
    /// Partitions in one answer at most.
    package var partitionLimit: Int32 = 2_000
    /// The first partition wanted, as the answer before named it.
    package var cursor: Cursor? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.field(&partitionLimit)
        try wire.field(&cursor)
        try wire.taggedFields()
    }
}

extension DescribeTopicPartitionsRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.taggedFields()
        }
    }

    package struct Cursor: WireStruct {
        package var topic = TopicName()
        package var partition: PartitionIndex = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&topic)
            try wire.field(&partition)
            try wire.taggedFields()
        }
    }
}

/// Topics and partitions in the order of their names, and where the next page begins.
package struct DescribeTopicPartitionsResponse: KafkaResponse {
    package typealias Request = DescribeTopicPartitionsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []
    /// Null when there is nothing more.
    package var nextCursor: Cursor? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.field(&nextCursor)
        try wire.taggedFields()
    }
}

extension DescribeTopicPartitionsResponse {
    package struct Topic: WireStruct {
        package var errorCode = ErrorCode.none
        package var name: TopicName? = nil
        package var id = TopicID.zero
        package var isInternal = false
        package var partitions: [Partition] = []
        package var authorizedOperations = AuthorizedOperations.notRequested

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&name)
            try wire.field(&id)
            try wire.field(&isInternal)
            try wire.field(&partitions)
            try wire.field(&authorizedOperations)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var errorCode = ErrorCode.none
        package var index: PartitionIndex = 0
        package var leader = BrokerID.none
        package var leaderEpoch = LeaderEpoch.none
        package var replicas: [BrokerID] = []
        package var inSyncReplicas: [BrokerID] = []
        /// Replicas out of sync that may still lead without loss; null if none are known.
        package var eligibleLeaderReplicas: [BrokerID]? = nil
        package var lastKnownEligibleLeaderReplicas: [BrokerID]? = nil
        package var offlineReplicas: [BrokerID] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&index)
            try wire.field(&leader)
            try wire.field(&leaderEpoch)
            try wire.field(&replicas)
            try wire.field(&inSyncReplicas)
            try wire.field(&eligibleLeaderReplicas)
            try wire.field(&lastKnownEligibleLeaderReplicas)
            try wire.field(&offlineReplicas)
            try wire.taggedFields()
        }
    }

    package struct Cursor: WireStruct {
        package var topic = TopicName()
        package var partition: PartitionIndex = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&topic)
            try wire.field(&partition)
            try wire.taggedFields()
        }
    }
}
