public import MartletCore

/// What the leader of a classic group knows when it divides the partitions.
public struct GroupSubscription: Sendable {
    /// One member, as it has described itself.
    public struct Member: Hashable, Sendable {
        public var id: MemberID
        /// The name of a static member.
        public var instance: InstanceID?
        /// Where the member runs, if it says so (KIP-881).
        public var rack: String?
        /// What it reads.
        public var topics: Set<TopicName>
        /// What it keeps while the group rebalances. Nothing, in groups that are not cooperative.
        public var owned: Set<TopicPartition> = []
        /// In which generation it got what it owns; `none` if it does not say.
        public var generation = GenerationID.none
        /// What the assignor of the member said.
        public var userData: Bytes?

        public init(id: MemberID, instance: InstanceID? = nil, rack: String? = nil, topics: Set<TopicName>) {
            self.id = id
            self.instance = instance
            self.rack = rack
            self.topics = topics
        }

        /// Static members come first and by their own names, so that a restart changes nothing.
        var order: (Int, String) { instance.map { (0, $0.rawValue) } ?? (1, id.rawValue) }
    }

    /// In a fixed order: static members by their names, then the others by their ids.
    public let members: [Member]
    /// How many partitions each topic has; those that do not exist are left out.
    public let partitionCounts: [TopicName: Int]

    public init(members: [Member], partitionCounts: [TopicName: Int]) {
        self.members = members.sorted { $0.order < $1.order }
        self.partitionCounts = partitionCounts
    }

    /// All partitions of a topic, in order; none if it does not exist.
    public func partitions(of topic: TopicName) -> [TopicPartition] {
        (0..<(partitionCounts[topic] ?? 0)).map { TopicPartition(topic, PartitionIndex($0)) }
    }

    func divide(by assignor: ClassicAssignor) -> [MemberID: Set<TopicPartition>] {
        assignor.assignor.divide(self)
    }
}
