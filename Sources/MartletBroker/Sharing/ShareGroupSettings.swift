internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// What is set for a share group: for itself, else for all of the broker.
struct ShareGroupSettings: Sendable {
    var partition = SharePartitionSettings()
    var reset = Reset.latest
    var isolation = IsolationLevel.readUncommitted
    var deadLetterTopic: TopicName?

    /// Where a group begins in a partition that it has never read.
    enum Reset: Equatable, Sendable {
        case earliest, latest
        /// At the first record that is not older, in milliseconds.
        case age(Int64)
    }
}

extension Shard {
    func shareSettings(of group: GroupID) -> ShareGroupSettings {
        ShareGroupSettings()
    }
}
