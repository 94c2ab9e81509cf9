internal import MartletCore

/// Which way of dividing partitions a member of a classic group offers. Names and bytes are those of Kafka's
/// own assignors, so that groups may be mixed with clients in other languages.
public struct ClassicAssignor: Sendable {
    let assignor: any PartitionAssignor

    /// What the members of the group agree on.
    public var name: String { assignor.name }
    /// Whether members keep reading while the group rebalances.
    public var isCooperative: Bool { assignor.isCooperative }

    /// Neighbouring partitions of each topic together, so that equal partitions of several topics meet.
    public static let range = ClassicAssignor(assignor: RangeAssignor())
    /// One after the other in turn, over all topics.
    public static let roundRobin = ClassicAssignor(assignor: RoundRobinAssignor())
    /// Evenly, and with as few moves as possible. Members give up everything before they join again; most get
    /// the same back.
    public static let sticky = ClassicAssignor(assignor: StickyAssignor())
    /// Evenly, and with as few moves as possible; members keep reading meanwhile (KIP-429).
    public static let cooperativeSticky = ClassicAssignor(assignor: CooperativeStickyAssignor())

    /// One of your own.
    public static func custom(_ assignor: some PartitionAssignor) -> ClassicAssignor {
        ClassicAssignor(assignor: assignor)
    }
}

extension ClassicAssignor: CustomStringConvertible {
    public var description: String { name }
}
