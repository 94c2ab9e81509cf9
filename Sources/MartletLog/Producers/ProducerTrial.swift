internal import MartletCore
internal import MartletRecords

/// The producers as they will be when a set of batches has been appended. Until it is written nothing has
/// changed.
struct ProducerTrial {
    /// By whom and how the set is appended.
    struct Terms {
        var origin: AppendOrigin
        var verification: TransactionVerification?
        /// Markers carry a newer epoch than the records of their transactions.
        var isEpochBumped = false
        var now: Timestamp
    }

    private let terms: Terms
    /// Nearly every set is one batch; so nothing is allocated for it.
    private var single: (producer: ProducerID, entry: ProducerEntry)?
    private var others: [ProducerID: ProducerEntry] = [:]
    /// What the batches do to transactions, in order.
    private(set) var changes: [(producer: ProducerID, change: TransactionChange)] = []
    /// Transactions may be opened or ended by the set, or verifications be done with.
    private(set) var concernsTransactions = false

    init(_ terms: Terms) {
        self.terms = terms
    }

    /// Checks the batches one after another; `bytes` are theirs. Answers the batch of old if the first was
    /// sent before.
    ///
    /// - Parameter verifications: Nil if none are under way.
    mutating func check(
        _ headers: [BatchHeader], _ bytes: UnsafeRawBufferPointer, from firstOffset: Offset,
        in entries: [ProducerID: ProducerEntry], _ verifications: TransactionVerifications?
    ) throws(ProducerError) -> ProducerEntry.Batch? {
        concernsTransactions = verifications != nil
        var offset = firstOffset
        var position = 0
        for (index, header) in headers.enumerated() {
            if terms.origin == .replication { offset = header.baseOffset }
            defer {
                offset = offset + Int64(header.lastOffsetDelta) + 1
                position += header.byteCount
            }
            guard header.hasProducerID else { continue }
            var entry = self.entry(for: header.producerID) ?? entries[header.producerID] ?? ProducerEntry()
            var marker: TransactionMarker?
            if header.isControl {
                let batch = bytes[position..<position + header.byteCount]
                marker = TransactionMarker(Bytes(copying: UnsafeRawBufferPointer(rebasing: batch)))
                if let marker {
                    try entry.check(
                        marker, header, origin: terms.origin, isEpochBumped: terms.isEpochBumped)
                }
            } else if case .duplicate(let batch) = try entry.check(
                header, origin: terms.origin, standing(of: header, verifications))
            {
                if index == 0 { return batch }
                // Half of the set is new and half is not: no client sends that.
                throw .outOfOrder(
                    header.producerID, expected: batch.nextSequence, found: header.baseSequence)
            }
            if let change = entry.append(header, at: offset, marker: marker, now: terms.now) {
                changes.append((header.producerID, change))
                concernsTransactions = true
            }
            store(entry, for: header.producerID)
        }
        return nil
    }

    private func standing(
        of header: BatchHeader, _ verifications: TransactionVerifications?
    ) -> TransactionVerifications.Standing {
        guard let verifications else { return .none }
        return verifications.standing(
            of: header.producerID, epoch: header.producerEpoch, with: terms.verification)
    }

    /// The set is in the log.
    mutating func apply(to states: inout ProducerStates) {
        if let single { states.store(single.entry, for: single.producer) }
        for (producer, entry) in others { states.store(entry, for: producer) }
    }

    private func entry(for producer: ProducerID) -> ProducerEntry? {
        if let single, single.producer == producer { return single.entry }
        return others[producer]
    }

    private mutating func store(_ entry: ProducerEntry, for producer: ProducerID) {
        if single == nil || single?.producer == producer {
            single = (producer, entry)
        } else {
            others[producer] = entry
        }
    }
}
