public import MartletCore

/// A way of dividing partitions among the members of a classic group, for those who need one of their own.
///
///     /// All to one member; the others stand by.
///     struct Standby: PartitionAssignor {
///         let name = "standby"
///
///         func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
///             guard let first = group.members.first else { return [:] }
///             return [first.id: Set(group.partitionCounts.keys.flatMap(group.partitions))]
///         }
///     }
///
/// A member uses it with `classicAssignors = [.custom(Standby())]`.
///
/// Each member tells the coordinator the names of the assignors that it knows; the group uses one that all of
/// them know, and one member, the leader, divides for all. So the same name must mean the same in every
/// process of the group.
public protocol PartitionAssignor: Sendable {
    /// What members in all processes agree on.
    var name: String { get }

    /// Whether members keep their partitions while the group rebalances (KIP-429). An assignor that says so
    /// must give a partition that another member still owns to nobody: its owner sees that it is gone, gives
    /// it up and joins again, and then it can be given away. Default: false.
    var isCooperative: Bool { get }

    /// What the member tells the leader beside its topics, in the assignor's own form. Default: nothing.
    ///
    /// - Parameters:
    ///   - assignment: What the member got from the last rebalance.
    ///   - generation: In which generation it got that; `none` before the first.
    func userData(assignment: Set<TopicPartition>, generation: GenerationID) -> Bytes?

    /// Divides the partitions. Called at the leader, once in each rebalance; must not block.
    ///
    /// - Returns: What each member gets. A member that is left out gets nothing.
    func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>]
}

extension PartitionAssignor {
    public var isCooperative: Bool { false }
    public func userData(assignment: Set<TopicPartition>, generation: GenerationID) -> Bytes? { nil }
}
