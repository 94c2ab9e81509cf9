public import MartletCore

/// What a rebalance did to the partitions of a member.
///
/// For one partition the events come in this order: `assigned`, then `revoking` and `revoked`, or `lost`.
public enum RebalanceEvent: Sendable {
    /// The member has taken these partitions over, and reads them from where the group left off.
    case assigned([TopicPartition])
    /// The member is to give partitions up, but still has them: time to finish what was begun and to commit.
    /// Nothing more of them is handed out.
    case revoking(Revocation)
    /// The member has given these partitions up; what was done of them is stored. Others may read them now.
    case revoked([TopicPartition])
    /// The group has taken these partitions away without asking, since it took the member for dead. Others
    /// may read them already; what was done since the last stored offset is done again.
    case lost([TopicPartition])
}

/// Partitions that a member is about to give up.
///
/// They go when the listener has said that it is done with them, by `finish` or by asking for the next event,
/// and when all records of them that were handed out are done; at the latest at `deadline`.
public struct Revocation: Sendable {
    /// In order.
    public let partitions: [TopicPartition]
    /// When the partitions go although somebody still works on them: after four fifths of `rebalanceTimeout`,
    /// so that the group does not give the member up.
    public let deadline: ContinuousClock.Instant

    let id: Int
    let listener: RebalanceListener

    /// The listener is done with the partitions.
    public func finish() { listener.finish(id) }
}
