internal import MartletCore
internal import MartletLog

/// A log on its way from the thread that opened it to the loop that will own it.
final class OpenedPartition: @unchecked Sendable {
    // Safe to send: made on one thread and taken exactly once on the owner's loop.
    let id: TopicPartition
    let topicID: TopicID
    let leaderEpoch: LeaderEpoch
    /// Whether the log had to be read, since it was not closed.
    let wasRecovered: Bool
    let preparation: BatchPreparation?
    private var log: PartitionLog?

    init(
        id: TopicPartition, topicID: TopicID, leaderEpoch: LeaderEpoch, wasRecovered: Bool,
        preparation: BatchPreparation?, log: sending PartitionLog
    ) {
        self.id = id
        self.topicID = topicID
        self.leaderEpoch = leaderEpoch
        self.wasRecovered = wasRecovered
        self.preparation = preparation
        self.log = log
    }

    /// The change of metadata that the partition's epoch means; nil if the image has it.
    func epochRecord(in image: MetadataImage) -> MetadataRecord? {
        guard let topic = image[topicID] else { return nil }
        var partition = topic.partitions[Int(id.partition)]
        guard partition.leaderEpoch != leaderEpoch else { return nil }
        partition.leaderEpoch = leaderEpoch
        return .partition(topicID, id.partition, partition)
    }

    func takeLog() -> PartitionLog {
        guard let taken = log.take() else { preconditionFailure("an opened log has one owner") }
        return taken
    }
}
