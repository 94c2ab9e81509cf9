internal import MartletCore
internal import MartletRecords

/// Decides, batch by batch and record by record, what one pass of compaction leaves.
struct CompactionPass {
    let map: KeyOffsetMap
    /// Records from here on stay.
    let end: Offset
    let transactions: TransactionScan
    let policy: CompactionPolicy
    let now: Timestamp
    let producers: ProducerStates
    /// Producers of which a transactional record was met since their last marker.
    private var inTransaction: Set<ProducerID> = []
    /// Whether anything differs from what was read.
    private var isChanged = false

    init(
        map: KeyOffsetMap, end: Offset, transactions: TransactionScan, policy: CompactionPolicy,
        now: Timestamp, producers: ProducerStates
    ) {
        self.map = map
        self.end = end
        self.transactions = transactions
        self.policy = policy
        self.now = now
        self.producers = producers
    }

    /// Rewrites the first segments of those that are offered into one, unless nothing would change.
    ///
    /// - Returns: How many they are.
    mutating func run(
        _ rewrite: SegmentRewrite, _ outcome: inout MaintenanceOutcome
    ) throws(MaintenanceError) -> Int {
        isChanged = false
        var removed = 0
        var marks = 0
        var pass = self
        let draft = try rewrite.write(isSettled: true, &outcome.figures) { header in
            pass.decide(header)
        } keep: { [map, end, now] record, bytes, header in
            let offset = header.offset(of: record)
            if offset >= end { return true }
            guard let key = record.key else {
                // Appended before the topic was compacted, or by another broker: no key, no last value.
                removed += 1
                return false
            }
            let isLast = map[UnsafeRawBufferPointer(rebasing: bytes[key])].map { offset >= $0 } ?? true
            let isMark = record.value == nil
            if isLast, !isMark { return true }
            if isLast, isMark, header.deleteHorizon.map({ now < $0 }) ?? true {
                marks += header.deleteHorizon == nil ? 1 : 0
                return true
            }
            removed += 1
            return false
        }
        self = pass
        outcome.figures.removedRecordCount += removed
        let count = draft.old.count
        let old = try MaintenanceError.reading { () throws(SegmentError) in
            try draft.old[0].facts().byteCount
        }
        let isSmaller = draft.facts.byteCount < old - old / 20
        if count > 1 || isChanged || removed > 0 || marks > 0 || isSmaller {
            try rewrite.swap(draft, &outcome)
        } else {
            try rewrite.abandon(draft)
        }
        return count
    }

    /// What becomes of a batch as a whole.
    private mutating func decide(_ header: BatchHeader) -> SegmentRewrite.Decision {
        let horizon = now + policy.deleteRetentionMs
        if header.isControl { return decideMarker(header, horizon: horizon) }
        if header.isTransactional { inTransaction.insert(header.producerID) }
        if transactions.isAborted(header), header.lastOffset < end {
            isChanged = true
            return SegmentRewrite.Decision(
                treatment: .keepApart(evenIfEmpty: isLastOfProducer(header)), records: .none)
        }
        return SegmentRewrite.Decision(
            treatment: isLastOfProducer(header) ? .keepApart(evenIfEmpty: true) : .join,
            deleteHorizon: horizon,
            records: .filtered)
    }

    private mutating func decideMarker(_ header: BatchHeader, horizon: Timestamp) -> SegmentRewrite.Decision {
        let isNeeded = inTransaction.remove(header.producerID) != nil || header.lastOffset >= end
        if isNeeded { return SegmentRewrite.Decision(treatment: .copy) }
        guard let due = header.deleteHorizon else {
            isChanged = true
            return SegmentRewrite.Decision(treatment: .keepApart(evenIfEmpty: true), deleteHorizon: horizon)
        }
        if now < due || isLastOfProducer(header) { return SegmentRewrite.Decision(treatment: .copy) }
        isChanged = true
        return SegmentRewrite.Decision(treatment: .drop)
    }

    /// Whether the log needs the batch to tell its producer's sequence, or epoch.
    private func isLastOfProducer(_ header: BatchHeader) -> Bool {
        producers.isLast(header)
    }
}

extension ProducerStates {
    /// Whether the batch is the last of its producer, so that the log needs it to tell the producer's state.
    func isLast(_ header: BatchHeader) -> Bool {
        guard header.hasProducerID, let entry = self[header.producerID] else { return false }
        guard let last = entry.lastBatch else {
            return header.isControl && header.producerEpoch == entry.epoch
        }
        return header.lastOffset == last.lastOffset
    }
}

extension BatchHeader {
    /// From when on compaction may drop the deletion marks of the batch; nil if it has not met them yet.
    var deleteHorizon: Timestamp? { hasDeleteHorizon ? baseTimestamp : nil }
}
