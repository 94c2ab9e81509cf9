package import MartletCore

/// Asks for the brokers of the cluster, and for partitions and leaders of topics.
package struct MetadataRequest: KafkaRequest {
    package typealias Response = MetadataResponse

    package static let key = APIKey.metadata
    package static let versions: ClosedRange<Int16> = 0...13
    package static let flexibleFrom: Int16 = 9

    /// Null for all topics, empty for none. Version 0 has no null: there, empty means all.
    package var topics: [Topic]? = []
    package var allowAutoTopicCreation = true
    package var includeClusterAuthorizedOperations = false
    package var includeTopicAuthorizedOperations = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics, nullableSince: 1)
        try wire.field(&allowAutoTopicCreation, since: 4)
        try wire.field(&includeClusterAuthorizedOperations, since: 8, until: 10)
        try wire.field(&includeTopicAuthorizedOperations, since: 8)
        try wire.taggedFields()
    }
}

extension MetadataRequest {
    package struct Topic: WireStruct {
        /// May stand in place of the name (since version 10).
        package var id = TopicID.zero
        package var name: TopicName? = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id, since: 10)
            try wire.field(&name, nullableSince: 10)
            try wire.taggedFields()
        }
    }
}

/// Brokers, topics, partitions and their leaders.
package struct MetadataResponse: KafkaResponse {
    package typealias Request = MetadataRequest

    package var throttleTimeMs: Int32 = 0
    package var brokers: [Broker] = []
    package var clusterID: String? = nil
    package var controller = BrokerID.none
    package var topics: [Topic] = []
    package var clusterAuthorizedOperations = AuthorizedOperations.notRequested
    /// Concerns the request as a whole (since version 13).
    package var errorCode = ErrorCode.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 3)
        try wire.field(&brokers)
        try wire.field(&clusterID, since: 2)
        try wire.field(&controller, since: 1)
        try wire.field(&topics)
        try wire.field(&clusterAuthorizedOperations, since: 8, until: 10)
        try wire.field(&errorCode, since: 13)
        try wire.taggedFields()
    }
}

extension MetadataResponse {
    package struct Broker: WireStruct {
        package var id = BrokerID.none
        package var host = ""
        package var port: Int32 = 0
        package var rack: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&host)
            try wire.field(&port)
            try wire.field(&rack, since: 1)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var errorCode = ErrorCode.none
        package var name: TopicName? = ""
        package var id = TopicID.zero
        package var isInternal = false
        package var partitions: [Partition] = []
        package var authorizedOperations = AuthorizedOperations.notRequested

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&name, nullableSince: 12)
            try wire.field(&id, since: 10)
            try wire.field(&isInternal, since: 1)
            try wire.field(&partitions)
            try wire.field(&authorizedOperations, since: 8)
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
        /// Replicas that are not available (since version 5).
        package var offlineReplicas: [BrokerID] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&index)
            try wire.field(&leader)
            try wire.field(&leaderEpoch, since: 7)
            try wire.field(&replicas)
            try wire.field(&inSyncReplicas)
            try wire.field(&offlineReplicas, since: 5)
            try wire.taggedFields()
        }
    }
}
