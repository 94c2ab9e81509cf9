internal import MartletCore

/// The queues of one topic's partitions, and where its records without key go at the moment.
///
/// A class, as is `PartitionSlot`, so that the hot path reaches a queue without copying it. Both never leave
/// the producer's lock.
final class TopicQueues {
    let name: TopicName
    var partitions: [PartitionSlot] = []
    /// Bytes since the sticky partition was chosen.
    private var stickyBytes = 0
    private var sticky: PartitionIndex?

    init(name: TopicName) {
        self.name = name
    }

    /// The partition for records without key: one until it has had a batch's worth of bytes, then another.
    func stickyPartition(
        for byteCount: Int, switchingAfter batchBytes: Int,
        using random: inout any RandomNumberGenerator & Sendable
    ) -> PartitionIndex {
        if let sticky, stickyBytes < batchBytes {
            stickyBytes += byteCount
            return sticky
        }
        stickyBytes = byteCount
        let others = Int32(partitions.count) - (sticky == nil ? 0 : 1)
        guard others > 0 else { return sticky ?? 0 }
        var next = Int32.random(in: 0..<others, using: &random)
        if let sticky, next >= sticky { next += 1 }
        sticky = next
        return next
    }
}

/// One partition's queue, and what the accumulator notes about it.
final class PartitionSlot {
    var queue: PartitionQueue
    var isActive = false
    /// Size of the last full batch: the next one probably needs as much.
    var lastBatchBytes = 0

    init(queue: PartitionQueue) {
        self.queue = queue
    }
}
