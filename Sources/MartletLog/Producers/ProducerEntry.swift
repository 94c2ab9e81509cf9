package import MartletCore
internal import MartletRecords

/// What a log remembers of one producer.
package struct ProducerEntry: Sendable, Equatable {
    /// One of the last batches.
    package struct Batch: Sendable, Equatable {
        package var lastSequence: Int32
        package var lastOffset: Offset
        /// Offsets, and so sequences, between the first record and the last.
        package var offsetDelta: Int32
        package var timestamp: Timestamp

        package var firstOffset: Offset { lastOffset - Int64(offsetDelta) }
        /// 0 follows the largest sequence, so before 0 comes the largest.
        package var firstSequence: Int32 {
            Int32(truncatingIfNeeded: (Int64(lastSequence) - Int64(offsetDelta)) & 0x7FFF_FFFF)
        }
        /// What the next batch must begin with. Batches of coordinators have no sequence, and count as none.
        var nextSequence: Int32 {
            lastSequence < 0 ? 0 : BatchHeader.sequence(lastSequence, advancedBy: 1)
        }
    }

    package private(set) var epoch = ProducerEpoch.none
    /// Newest first. A producer has at most five requests in flight, so these are all that it can send again.
    private var recent: (Batch?, Batch?, Batch?, Batch?, Batch?) = (nil, nil, nil, nil, nil)
    /// When the producer wrote last, by the broker's clock. Not by the times of its records: one that writes
    /// old records would be forgotten, and its duplicates taken for new, while it is busy.
    package private(set) var lastHeard = Timestamp.none
    /// Of the coordinator that wrote the last marker; -1 before the first.
    package private(set) var coordinatorEpoch: Int32 = -1
    package private(set) var openTransactionStart: Offset?

    package init() {}

    /// As a snapshot holds it.
    package init(
        epoch: ProducerEpoch, lastBatch: Batch?, lastHeard: Timestamp, coordinatorEpoch: Int32,
        openTransactionStart: Offset?
    ) {
        self.epoch = epoch
        recent.0 = lastBatch
        self.lastHeard = lastHeard
        self.coordinatorEpoch = coordinatorEpoch
        self.openTransactionStart = openTransactionStart
    }

    package var lastBatch: Batch? { recent.0 }

    /// Whether a transaction is open. One of an older epoch is not the one that a newer producer speaks of.
    func hasOpenTransaction(epoch: ProducerEpoch) -> Bool {
        openTransactionStart != nil && self.epoch == epoch
    }

    func withoutTransaction() -> ProducerEntry {
        var entry = self
        entry.openTransactionStart = nil
        return entry
    }

    func duplicate(of header: BatchHeader) -> Batch? {
        func matches(_ batch: Batch?) -> Bool {
            guard let batch else { return false }
            return batch.lastSequence == header.lastSequence && batch.firstSequence == header.baseSequence
        }
        if matches(recent.0) { return recent.0 }
        if matches(recent.1) { return recent.1 }
        if matches(recent.2) { return recent.2 }
        if matches(recent.3) { return recent.3 }
        if matches(recent.4) { return recent.4 }
        return nil
    }

    /// Takes note of a batch.
    ///
    /// - Parameters:
    ///   - baseOffset: The offset that the log gives the batch.
    ///   - now: When the producer counts as heard of.
    /// - Returns: What it does to the producer's transaction.
    mutating func append(
        _ header: BatchHeader, at baseOffset: Offset, marker: TransactionMarker? = nil, now: Timestamp
    ) -> TransactionChange? {
        if header.isControl {
            return marker.flatMap { end(by: $0, of: header.producerEpoch, at: baseOffset, now: now) }
        }
        if header.producerEpoch != epoch {
            epoch = header.producerEpoch
            recent = (nil, nil, nil, nil, nil)
        }
        let batch = Batch(
            lastSequence: header.lastSequence, lastOffset: baseOffset + Int64(header.lastOffsetDelta),
            offsetDelta: header.lastOffsetDelta, timestamp: header.maxTimestamp)
        recent = (batch, recent.0, recent.1, recent.2, recent.3)
        lastHeard = max(lastHeard, now)
        guard header.isTransactional, openTransactionStart == nil else { return nil }
        openTransactionStart = baseOffset
        return .began(at: baseOffset)
    }

    private mutating func end(
        by marker: TransactionMarker, of markerEpoch: ProducerEpoch, at offset: Offset, now: Timestamp
    ) -> TransactionChange? {
        // Sequences of the new epoch begin at 0.
        if markerEpoch > epoch { recent = (nil, nil, nil, nil, nil) }
        epoch = max(epoch, markerEpoch)
        coordinatorEpoch = max(coordinatorEpoch, marker.coordinatorEpoch)
        lastHeard = max(lastHeard, now)
        // One without a transaction changes nothing for readers.
        guard let first = openTransactionStart else { return nil }
        openTransactionStart = nil
        return .ended(first: first, marker: offset, isCommit: marker.isCommit)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.epoch == right.epoch && left.recent.0 == right.recent.0 && left.recent.1 == right.recent.1
            && left.recent.2 == right.recent.2 && left.recent.3 == right.recent.3
            && left.recent.4 == right.recent.4
            && left.lastHeard == right.lastHeard && left.coordinatorEpoch == right.coordinatorEpoch
            && left.openTransactionStart == right.openTransactionStart
    }
}
