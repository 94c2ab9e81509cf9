public import MartletCore

/// Which protocol a group lives by.
public struct GroupType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// In small letters.
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue.lowercased() }

    /// Members divide the partitions among themselves (JoinGroup, SyncGroup).
    public static let classic = GroupType(rawValue: "classic")
    /// The broker divides the partitions (KIP-848).
    public static let consumer = GroupType(rawValue: "consumer")
    /// Members take records from a common queue (KIP-932).
    public static let share = GroupType(rawValue: "share")
    /// An application of Kafka Streams.
    public static let streams = GroupType(rawValue: "streams")
    /// The broker is too old to tell.
    public static let unknown = GroupType(rawValue: "unknown")

    public var description: String { rawValue }
}

/// What a group is doing, in Kafka's words.
public struct GroupState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// No members; perhaps stored offsets.
    public static let empty = GroupState(rawValue: "Empty")
    /// Every member has what it should have.
    public static let stable = GroupState(rawValue: "Stable")
    /// Waits for the members to join again (classic).
    public static let preparingRebalance = GroupState(rawValue: "PreparingRebalance")
    /// Waits for the leader's assignment (classic).
    public static let completingRebalance = GroupState(rawValue: "CompletingRebalance")
    /// A new assignment is being made (consumer).
    public static let assigning = GroupState(rawValue: "Assigning")
    /// Members are giving up or taking over partitions (consumer).
    public static let reconciling = GroupState(rawValue: "Reconciling")
    /// There is no such group.
    public static let dead = GroupState(rawValue: "Dead")
    /// The broker is too old to tell.
    public static let unknown = GroupState(rawValue: "Unknown")

    public var description: String { rawValue }
}

/// A group as a broker lists it.
public struct ListedGroup: Hashable, Sendable {
    public var id: GroupID
    public var type: GroupType
    public var state: GroupState
    /// What the members call their common purpose: `consumer`, `connect`, `share`; empty for a group that has
    /// only stored offsets.
    public var protocolType: String
}

/// A group and its members.
public struct GroupDescription: Hashable, Sendable {
    public var id: GroupID
    public var type: GroupType
    public var state: GroupState
    /// What the members call their common purpose, where the broker says.
    public var protocolType: String
    /// How partitions are divided; empty while nobody has chosen.
    public var assignor: String
    /// Grows when members, subscriptions or topics change. Nil for classic groups.
    public var epoch: Int32?
    /// The epoch that the assignment was made for. Nil for classic groups.
    public var assignmentEpoch: Int32?
    /// The broker that takes care of the group.
    public var coordinator: BrokerID
    public var members: [GroupMember]
    /// What who asks may do with the group; nil if it was not asked for, or the broker is too old to say.
    public var authorizedOperations: Set<ACLOperation>?
}

/// A member of a group.
public struct GroupMember: Hashable, Sendable {
    public var id: MemberID
    /// Names a static member.
    public var instance: InstanceID?
    public var rack: String?
    public var clientID: String
    /// Where it connects from.
    public var clientHost: String
    /// Nil for members of classic groups.
    public var epoch: MemberEpoch?
    public var subscribedTopics: [TopicName]
    /// Topics whose names match, in RE2 syntax.
    public var subscribedPattern: String?
    /// What the member has now, in order.
    public var assignment: [TopicPartition]
    /// What it should have in the end, where the broker tells the two apart.
    public var targetAssignment: [TopicPartition]?
    /// Speaks the classic protocol in a group of the consumer protocol.
    public var isClassic: Bool
}
