internal import MartletCore

/// The partitions that a member of a group has, and how far it has got in each. No I/O and no clock.
///
/// Offsets of a partition, always in this order: `committed ≤ done ≤ handedOut`. Only what is done may be
/// stored, so that records are handed out again rather than lost if the member goes down.
struct Ownership {
    private struct Holding {
        /// Where the member has taken it over.
        let origin: Offset
        /// Stored as far as we know.
        var committed: Offset?
        /// To be stored: all records before it are done.
        var done: Offset
        /// Behind the last record that was handed out, unless all those are done.
        var handedOut: Offset?
        /// Of the last records that were handed out, to be stored with the offset: a reader that goes on from
        /// there sees whether the log is still the same (KIP-320).
        var epoch: LeaderEpoch

        /// Where another member would go on.
        var stored: Offset { committed ?? origin }
        var hasProgress: Bool { handedOut != nil || done != stored }
    }

    private var holdings: [TopicPartition: Holding] = [:]
    /// To be given up as soon as nothing of them is in anybody's hands.
    private(set) var revoking: Set<TopicPartition> = []
    /// What was handed out becomes part of transactions: it is done when one of them has committed, and no
    /// sooner.
    var isTransactional = false
    /// Partitions that were given up with progress that is not stored, since the last transaction.
    private(set) var lost: Set<TopicPartition> = []

    var partitions: Set<TopicPartition> { Set(holdings.keys) }

    /// Takes over a partition.
    ///
    /// - Parameter isCommitted: Whether the group has stored the position, as opposed to it being found just
    ///   now.
    mutating func take(
        _ partition: TopicPartition, at position: Offset, epoch: LeaderEpoch = .none, isCommitted: Bool
    ) {
        holdings[partition] = Holding(
            origin: position, committed: isCommitted ? position : nil, done: position, epoch: epoch)
    }

    mutating func giveUp(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions {
            if holdings[partition]?.hasProgress == true { lost.insert(partition) }
            holdings[partition] = nil
            revoking.remove(partition)
        }
    }

    /// Hands out nothing more of these partitions.
    mutating func beginRevoking(_ partitions: Set<TopicPartition>) {
        revoking.formUnion(partitions.filter { holdings[$0] != nil })
    }

    /// Whether records of these partitions are out and not done.
    func isInHand(_ partitions: Set<TopicPartition>) -> Bool {
        partitions.contains { partition in
            guard let holding = holdings[partition] else { return false }
            return isTransactional ? holding.hasProgress : holding.handedOut != nil
        }
    }

    // MARK: Records

    /// Notes that records are handed out.
    ///
    /// - Returns: False if the partition is no longer to be read.
    /// - Parameter first: Offset of the first of them, if known.
    mutating func handOut(
        _ partition: TopicPartition, from first: Offset? = nil, upTo offset: Offset,
        epoch: LeaderEpoch = .none
    ) -> Bool {
        guard var holding = holdings[partition], !revoking.contains(partition) else { return false }
        // The log was cut back, or begins anew, and reading goes on before what was done.
        if let first, first < holding.done {
            holding.done = first
            holding.handedOut = nil
            holding.epoch = .none
        }
        holding.handedOut = max(holding.handedOut ?? offset, offset)
        holding.epoch = max(holding.epoch, epoch)
        holdings[partition] = holding
        return true
    }

    /// Whether records of a partition may still be handed out.
    func isReadable(_ partition: TopicPartition) -> Bool {
        holdings[partition] != nil && !revoking.contains(partition)
    }

    /// All that was handed out is done.
    mutating func finishAll() {
        for (partition, holding) in holdings {
            if let offset = holding.handedOut { finish(partition, upTo: offset) }
        }
    }

    /// Records before an offset are done.
    mutating func finish(_ partition: TopicPartition, upTo offset: Offset) {
        guard var holding = holdings[partition] else { return }
        holding.done = max(holding.done, offset)
        if let handedOut = holding.handedOut, handedOut <= holding.done { holding.handedOut = nil }
        holdings[partition] = holding
    }

    /// There was nothing to hand out up to an offset: aborted transactions, compacted records. Counts only
    /// once everything before it is done.
    mutating func skip(_ partition: TopicPartition, upTo offset: Offset) {
        guard holdings[partition]?.handedOut == nil else { return }
        finish(partition, upTo: offset)
    }

    /// Goes on elsewhere: what was handed out before no longer counts.
    mutating func seek(_ partition: TopicPartition, to offset: Offset) {
        guard var holding = holdings[partition] else { return }
        holding.done = offset
        holding.handedOut = nil
        // Of a place elsewhere in the log nobody knows it.
        holding.epoch = .none
        holdings[partition] = holding
    }

    // MARK: Storing

    /// What is done and not stored.
    ///
    /// - Parameter partitions: Nil for all.
    func uncommitted(of partitions: Set<TopicPartition>? = nil) -> [TopicPartition: GroupOffset] {
        var offsets: [TopicPartition: GroupOffset] = [:]
        for (partition, holding) in holdings where holding.committed != holding.done {
            if let partitions, !partitions.contains(partition) { continue }
            offsets[partition] = GroupOffset(holding.done, leaderEpoch: holding.epoch)
        }
        return offsets
    }

    mutating func didCommit(_ offsets: [TopicPartition: Offset]) {
        for (partition, offset) in offsets { holdings[partition]?.committed = offset }
    }

    // MARK: Transactions

    /// A transaction has committed, and these offsets with it.
    mutating func didCommitTransaction(_ offsets: [TopicPartition: Offset]) {
        for (partition, offset) in offsets { finish(partition, upTo: offset) }
        didCommit(offsets)
        lost = []
    }

    /// A transaction was aborted: all that was handed out since the last one comes again.
    ///
    /// - Returns: Where to go on in each partition that has to go back.
    mutating func rewind() -> [TopicPartition: Offset] {
        lost = []
        var positions: [TopicPartition: Offset] = [:]
        for (partition, holding) in holdings where holding.hasProgress {
            positions[partition] = holding.stored
            seek(partition, to: holding.stored)
        }
        return positions
    }
}
