public import MartletCore

/// Which group a consumer belongs to, what it reads, and when it says how far it has got.
public struct GroupConsumerConfiguration: Sendable {
    /// Members with the same name share the partitions.
    public var group: GroupID
    public var subscription: Subscription
    /// Whether the others get the member's partitions when it closes, or the group waits for it to come back
    /// until its session has run out (KIP-1092).
    public var departure = Departure.standard
    /// How the members share the partitions.
    public var groupProtocol = GroupProtocol.consumer
    /// Names a static member: it keeps its partitions across a restart, for as long as the session lasts.
    public var instance: InstanceID?
    /// Where the member runs, so that it may get partitions with a replica nearby, and read from that one
    /// (KIP-392, KIP-881).
    public var rack: String?
    /// Who divides the partitions at the broker: `uniform`, `range`; nil for the broker's choice.
    public var assignor: String?
    /// Ways of dividing the partitions in a classic group, the best first. The group uses one that all
    /// members know. Only if all of them are cooperative, members keep reading while the group rebalances.
    public var classicAssignors: [ClassicAssignor] = [.range, .cooperativeSticky]

    /// Where to begin in partitions that the group has stored no offset for; nil to throw then.
    public var start: StartPosition? = .beginning
    /// How often to store how far the member has got, besides whenever it gives up partitions and when it
    /// closes. Nil to store only by `commit`.
    public var autoCommitInterval: Duration? = .seconds(5)
    /// When records count as done, so that their offsets may be stored.
    public var completion = RecordCompletion.onNextPoll

    /// How long the group waits for a silent member (classic; otherwise the broker decides).
    public var sessionTimeout = Duration.seconds(45)
    /// How often to tell that the member is alive (classic; otherwise the broker decides).
    public var heartbeatInterval = Duration.seconds(3)
    /// How long a member may take to come back with what it has been handed. One that takes longer leaves the
    /// group, until the next `poll`.
    public var rebalanceTimeout = Duration.seconds(300)
    /// How records are fetched.
    public var reader = ConsumerConfiguration()

    public init(group: GroupID, subscription: Subscription) {
        self.group = group
        self.subscription = subscription
    }

    public init(group: GroupID, topics: TopicName...) {
        self.init(group: group, subscription: .topics(topics))
    }

    func validate() throws(MartletError) {
        try reader.validate()
        func demand(_ holds: Bool, _ sentence: String) throws(MartletError) {
            if !holds { throw MartletError(.invalidConfiguration, sentence) }
        }
        try demand(!group.rawValue.isEmpty, "name the group")
        try subscription.validate()
        try demand(!classicAssignors.isEmpty, "name at least one of the classicAssignors")
        try demand(
            Set(classicAssignors.map(\.name)).count == classicAssignors.count,
            "two of the classicAssignors have the same name")
        try demand(heartbeatInterval > .zero, "heartbeatInterval must be positive")
        try demand(
            sessionTimeout > heartbeatInterval, "sessionTimeout must be longer than heartbeatInterval")
        try demand(
            rebalanceTimeout > .zero && rebalanceTimeout.milliseconds <= Int64(Int32.max),
            "rebalanceTimeout must be from 1 ms to 24 days")
        if let autoCommitInterval {
            try demand(
                autoCommitInterval > .zero, "autoCommitInterval must be positive; nil turns it off")
        }
    }
}

/// What a member of a group reads.
public enum Subscription: Hashable, Sendable {
    case topics([TopicName])
    /// All topics whose whole names match, those to come included. In RE2 syntax; with the classic protocol
    /// in that of Swift's own regular expressions.
    case pattern(String)

    func validate() throws(MartletError) {
        func demand(_ holds: Bool, _ sentence: String) throws(MartletError) {
            if !holds { throw MartletError(.invalidConfiguration, sentence) }
        }
        switch self {
        case .topics(let topics):
            try demand(!topics.isEmpty, "name at least one topic")
            for topic in topics { try demand(topic.isValid, "\"\(topic)\" is no topic name") }
        case .pattern(let pattern):
            try demand(!pattern.isEmpty, "a pattern cannot be empty; \".*\" stands for all topics")
        }
    }
}

/// How members of a group share partitions.
public enum GroupProtocol: String, Sendable, CaseIterable {
    /// The broker divides them, and moves only those that must move (KIP-848).
    case consumer
    /// A member divides them. For brokers that know nothing else.
    case classic
}

/// When records that were handed out count as done.
public enum RecordCompletion: Sendable {
    /// When the next ones are asked for, and at `commit`.
    case onNextPoll
    /// When `finish` is called.
    case explicit
}

/// What a member that closes tells its group.
public enum Departure: Sendable, CaseIterable {
    /// A static member stays, as it is likely to come back; any other leaves.
    case standard
    /// Leaves; the others get the partitions at once.
    case leave
    /// Says nothing; the others get the partitions when the session has run out.
    case stay
}
