package import MartletCore
package import MartletRecords

/// What a log knows of the idempotent producers that write to it: enough to recognise a batch that was sent
/// twice and to refuse one that does not follow the last.
///
/// Changes only by batches that are in the log, so that recovery, which reads them again, comes to the same.
package struct ProducerStates: Sendable, Equatable {
    package private(set) var entries: [ProducerID: ProducerEntry] = [:]

    package init() {}

    package init(_ entries: [ProducerID: ProducerEntry]) {
        self.entries = entries
    }

    package subscript(producer: ProducerID) -> ProducerEntry? { entries[producer] }

    /// Where the oldest transaction begins that was neither committed nor aborted; nil without one.
    var firstOpenTransaction: Offset? { entries.values.compactMap(\.openTransactionStart).min() }

    mutating func store(_ entry: ProducerEntry, for producer: ProducerID) {
        entries[producer] = entry
    }

    /// Takes note of a batch that is in the log.
    ///
    /// - Parameters:
    ///   - marker: What a control batch says.
    ///   - now: When the producer counts as heard of.
    package mutating func replay(_ header: BatchHeader, marker: TransactionMarker? = nil, now: Timestamp) {
        guard header.hasProducerID else { return }
        entries[header.producerID, default: ProducerEntry()].append(
            header, at: header.baseOffset, marker: marker, now: now)
    }

    /// Forgets producers that have been silent for too long and have no open transaction.
    package mutating func expire(now: Timestamp, after expirationMs: Int64) {
        entries = entries.filter { _, entry in
            entry.openTransactionStart != nil || now - entry.lastHeard < expirationMs
        }
    }
}

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

    /// Decides what becomes of a batch that the producer sends.
    package func check(_ header: BatchHeader, origin: AppendOrigin) throws(ProducerSequenceError) -> Decision
    {
        guard origin != .replication else { return .append }
        guard header.producerEpoch >= epoch else {
            throw .staleEpoch(header.producerID, found: header.producerEpoch, current: epoch)
        }
        guard origin == .client else { return .append }
        if header.producerEpoch == epoch {
            if let batch = duplicate(of: header) { return .duplicate(batch) }
            guard let last = lastBatch else { return .append }
            let expected = BatchHeader.sequence(last.lastSequence, advancedBy: 1)
            guard header.baseSequence == expected else {
                throw .outOfOrder(header.producerID, expected: expected, found: header.baseSequence)
            }
        } else if epoch != .none && header.baseSequence != 0 {
            throw .outOfOrder(header.producerID, expected: 0, found: header.baseSequence)
        }
        // A producer that the log has never seen, or has forgotten, may go on with any sequence, as in Apache
        // Kafka: its earlier records were deleted, and refusing it would stop a healthy producer.
        return .append
    }

    package enum Decision: Sendable, Equatable {
        case append
        /// The same batch was appended before.
        case duplicate(Batch)
    }

    private func duplicate(of header: BatchHeader) -> Batch? {
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
    mutating func append(
        _ header: BatchHeader, at baseOffset: Offset, marker: TransactionMarker? = nil, now: Timestamp
    ) {
        if header.isControl {
            guard let marker else { return }
            if header.producerEpoch > epoch { recent = (nil, nil, nil, nil, nil) }
            epoch = max(epoch, header.producerEpoch)
            coordinatorEpoch = max(coordinatorEpoch, marker.coordinatorEpoch)
            lastHeard = max(lastHeard, now)
            openTransactionStart = nil
            return
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
        if header.isTransactional && openTransactionStart == nil { openTransactionStart = baseOffset }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.epoch == right.epoch && left.recent.0 == right.recent.0 && left.recent.1 == right.recent.1
            && left.recent.2 == right.recent.2 && left.recent.3 == right.recent.3
            && left.recent.4 == right.recent.4
            && left.lastHeard == right.lastHeard && left.coordinatorEpoch == right.coordinatorEpoch
            && left.openTransactionStart == right.openTransactionStart
    }
}
