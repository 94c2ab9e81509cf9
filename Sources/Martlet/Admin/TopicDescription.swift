public import MartletCore

/// A topic to be created.
public struct NewTopic: Hashable, Sendable {
    public var name: TopicName
    /// Nil for the cluster's default.
    public var partitions: Int32?
    /// Nil for the cluster's default.
    public var replicationFactor: Int16?
    /// For each partition its brokers, the preferred leader first; nil to let the controller choose. Counts
    /// in the place of `partitions` and `replicationFactor`.
    public var assignments: [[BrokerID]]?
    /// Configuration keys that differ from the defaults, such as `retention.ms`.
    public var configuration: [String: String]

    public init(
        _ name: TopicName, partitions: Int32? = nil, replicationFactor: Int16? = nil,
        configuration: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }
}

/// A topic that was created, as far as the broker tells.
public struct CreatedTopic: Hashable, Sendable {
    public var name: TopicName
    /// Nil if the broker is too old to say.
    public var id: TopicID?
    public var partitionCount: Int32?
    public var replicationFactor: Int16?
}

/// A topic and its partitions.
public struct TopicDescription: Hashable, Sendable {
    public var name: TopicName
    /// Nil if the broker is too old for ids.
    public var id: TopicID?
    /// Whether the cluster itself uses the topic.
    public var isInternal: Bool
    /// By index.
    public var partitions: [PartitionDescription]
    /// What who asks may do with the topic; nil if it was not asked for, or the broker is too old to say.
    public var authorizedOperations: Set<ACLOperation>?
}

/// A partition: who leads it, who has copies.
public struct PartitionDescription: Hashable, Sendable {
    public var index: PartitionIndex
    /// Nil while there is none.
    public var leader: BrokerID?
    public var leaderEpoch: LeaderEpoch
    public var replicas: [BrokerID]
    public var inSyncReplicas: [BrokerID]
    public var offlineReplicas: [BrokerID]
}
