internal import MartletCoordination
internal import MartletCore

/// A partition as one share group reads it.
struct SharePartitionKey: Hashable, Sendable {
    let group: GroupID
    let topic: TopicID
    let index: PartitionIndex

    /// The partition of `__share_group_state` that keeps its state, among so many.
    func coordinatorPartition(count: Int) -> PartitionIndex {
        ShareStateKey(group, topic, index).coordinatorPartition(count: count)
    }
}
