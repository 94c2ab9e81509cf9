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

    /// The partition for records without key: one until it has had a batch's worth of bytes, then another. It
    /// is left at once when it has become unavailable.
    func stickyPartition(
        for byteCount: Int, switchingAfter batchBytes: Int,
        using random: inout any RandomNumberGenerator & Sendable
    ) -> PartitionIndex {
        if let sticky, stickyBytes < batchBytes, partitions[Int(sticky)].isAvailable {
            stickyBytes += byteCount
            return sticky
        }
        stickyBytes = byteCount
        let next = choose(using: &random)
        sticky = next
        return next
    }

    /// Draws an available partition, any if there is none. The fewer batches of a partition are not
    /// acknowledged yet, the better are its chances, so that a slow broker gets less than the others
    /// (KIP-794). Two passes without allocation, once per batch.
    private func choose(using random: inout any RandomNumberGenerator & Sendable) -> PartitionIndex {
        let ignoresAvailability = !partitions.contains(where: \.isAvailable)
        var longest = 0
        var count = 0
        var sum = 0
        for slot in partitions where slot.isAvailable || ignoresAvailability {
            longest = max(longest, slot.queue.batchCount)
            sum += slot.queue.batchCount
            count += 1
        }
        let total = (longest + 1) * count - sum
        guard total > 0 else { return 0 }
        var draw = Int.random(in: 0..<total, using: &random)
        for (index, slot) in partitions.enumerated() where slot.isAvailable || ignoresAvailability {
            draw -= longest + 1 - slot.queue.batchCount
            if draw < 0 { return PartitionIndex(index) }
        }
        return 0
    }

    /// The partition itself if it is available, or else the next one that is.
    func available(from index: PartitionIndex) -> PartitionIndex {
        let count = PartitionIndex(partitions.count)
        for step in 0..<count {
            let candidate = (index + step) % count
            if partitions[Int(candidate)].isAvailable { return candidate }
        }
        return index
    }
}

/// One partition's queue, and what the accumulator notes about it.
final class PartitionSlot {
    var queue: PartitionQueue
    var isActive = false
    /// Whether the partition has a leader that can be reached, as far as is known.
    var isAvailable = true
    /// Size of the last full batch: the next one probably needs as much.
    var lastBatchBytes = 0

    init(queue: PartitionQueue) {
        self.queue = queue
    }
}
