public import MartletCore

/// How far a group has read a partition.
public struct GroupOffset: Hashable, Sendable {
    /// Offset of the next record to read.
    public var offset: Offset
    /// Epoch of the last record that was read, if known.
    public var leaderEpoch: LeaderEpoch
    /// Text that was stored with it.
    public var metadata: String

    public init(_ offset: Offset, leaderEpoch: LeaderEpoch = .none, metadata: String = "") {
        self.offset = offset
        self.leaderEpoch = leaderEpoch
        self.metadata = metadata
    }
}

/// How far a group is behind in a partition, and who reads it.
public struct PartitionLag: Hashable, Sendable {
    public var partition: TopicPartition
    /// Offset of the next record that the group reads; nil if it has stored none.
    public var committed: Offset?
    /// First offset that the partition still has; nil if nobody could say.
    public var beginning: Offset?
    /// Behind the last record that can be read; nil if nobody could say.
    public var end: Offset?
    /// The member that reads the partition, if one does.
    public var member: GroupMember?

    /// Records to read yet. Without a stored offset nobody knows where the group will begin, so nil.
    public var lag: Int64? {
        guard let committed, let end else { return nil }
        return max(end - max(committed, beginning ?? committed), 0)
    }
}

/// How far a group is behind.
public struct GroupLag: Hashable, Sendable {
    public var group: GroupDescription
    /// Every partition that the group has an offset of, or a member for.
    public var partitions: [PartitionLag]

    /// Records to read yet, in all partitions of which it is known.
    public var total: Int64 { partitions.reduce(0) { $0 + ($1.lag ?? 0) } }
}

/// How far a share group has got in a partition.
public struct ShareGroupOffset: Hashable, Sendable {
    /// First offset that is not done with; nil if reading has not begun.
    public var startOffset: Offset?
    public var leaderEpoch: LeaderEpoch
    /// Records that are not done with, if the broker says.
    public var lag: Int64?
}
