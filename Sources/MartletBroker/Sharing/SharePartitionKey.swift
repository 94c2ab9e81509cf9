internal import MartletCore

/// A partition as one share group reads it.
struct SharePartitionKey: Hashable, Sendable, CustomStringConvertible {
    let group: GroupID
    let topic: TopicID
    let index: PartitionIndex

    /// What decides the partition of `__share_group_state` that keeps its state.
    var coordinatorKey: String { "\(group):\(topic):\(index)" }

    var description: String { coordinatorKey }
}
