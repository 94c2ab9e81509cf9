public import MartletCore

/// A group of an application of Kafka Streams (KIP-1071).
public struct StreamsGroupDescription: Hashable, Sendable {
    public var id: GroupID
    public var state: GroupState
    /// Grows when members, topics or the topology change.
    public var epoch: Int32
    /// The epoch that the assignment was made for.
    public var assignmentEpoch: Int32
    /// Grows with the topology; nil if there is none yet.
    public var topologyEpoch: Int32?
    public var subtopologies: [StreamsSubtopology]
    /// The broker that takes care of the group.
    public var coordinator: BrokerID
    public var members: [StreamsGroupMember]
}

/// A part of an application's topology: what is processed together.
public struct StreamsSubtopology: Hashable, Sendable {
    public var id: String
    public var sourceTopics: [TopicName]
    /// Topics of the application itself that this part writes to.
    public var repartitionSinkTopics: [TopicName]
    /// Topics of the application itself that this part reads.
    public var repartitionSourceTopics: [TopicName]
    /// Topics that the part keeps its state in.
    public var stateChangelogTopics: [TopicName]
}

/// A member of a streams group.
public struct StreamsGroupMember: Hashable, Sendable {
    /// Partitions of subtopologies, by subtopology.
    public struct Tasks: Hashable, Sendable {
        public var active: [String: [PartitionIndex]]
        /// Copies of the state of others.
        public var standby: [String: [PartitionIndex]]
        /// Copies that are being made, to take over.
        public var warmup: [String: [PartitionIndex]]
    }

    public var id: MemberID
    public var epoch: MemberEpoch
    public var instance: InstanceID?
    public var rack: String?
    public var clientID: String
    public var clientHost: String
    public var topologyEpoch: Int32
    /// Names the process, of which a member is a thread.
    public var processID: String
    public var clientTags: [String: String]
    public var assignment: Tasks
    /// What it should have in the end.
    public var targetAssignment: Tasks
    public var isClassic: Bool
}
