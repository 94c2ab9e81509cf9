package import MartletCore
package import MartletRecords

/// What a log knows of the idempotent producers that write to it: enough to recognise a batch that was sent
/// twice, to refuse one that does not follow the last, and to tell which transactions are open.
///
/// Changes only by batches that are in the log, so that recovery, which reads them again, comes to the same.
package struct ProducerStates: Sendable, Equatable {
    package private(set) var entries: [ProducerID: ProducerEntry] = [:]
    private var open = OpenTransactions()

    package init() {}

    package init(_ entries: [ProducerID: ProducerEntry]) {
        self.entries = entries
        open = OpenTransactions(entries.values.compactMap(\.openTransactionStart))
    }

    package subscript(producer: ProducerID) -> ProducerEntry? { entries[producer] }

    /// Where the oldest transaction begins that was neither committed nor aborted; nil without one.
    package var firstOpenTransaction: Offset? { open.first }

    /// Whether a transaction of this producer and epoch is open.
    package func hasOpenTransaction(of producer: ProducerID, epoch: ProducerEpoch) -> Bool {
        entries[producer]?.hasOpenTransaction(epoch: epoch) ?? false
    }

    /// Takes over what was found out about a producer. What it does to its transaction is told apart, by
    /// `note`, so that other batches cost nothing for it.
    mutating func store(_ entry: ProducerEntry, for producer: ProducerID) {
        entries[producer] = entry
    }

    /// - Returns: What readers must know of the transaction, if it was aborted.
    @discardableResult
    mutating func note(_ change: TransactionChange, of producer: ProducerID) -> AbortedTransaction? {
        switch change {
        case .began(let offset):
            open.insert(offset)
            return nil
        case .ended(let first, let marker, let isCommit):
            open.remove(first)
            guard !isCommit else { return nil }
            return AbortedTransaction(
                producerID: producer, firstOffset: first, lastOffset: marker,
                lastStableOffset: open.first ?? marker + 1)
        }
    }

    /// Takes note of a batch that is in the log.
    ///
    /// - Parameters:
    ///   - marker: What a control batch says.
    ///   - now: When the producer counts as heard of.
    /// - Returns: The transaction that it aborts.
    @discardableResult
    package mutating func replay(
        _ header: BatchHeader, marker: TransactionMarker? = nil, now: Timestamp
    ) -> AbortedTransaction? {
        guard header.hasProducerID else { return nil }
        let change = entries[header.producerID, default: ProducerEntry()].append(
            header, at: header.baseOffset, marker: marker, now: now)
        return change.flatMap { note($0, of: header.producerID) }
    }

    /// The same in a log of which all records were deleted: what nobody can read need not be decided.
    func withoutTransactions() -> ProducerStates {
        ProducerStates(entries.mapValues { $0.withoutTransaction() })
    }

    /// Forgets producers that have been silent for too long and have no open transaction.
    package mutating func expire(now: Timestamp, after expirationMs: Int64) {
        entries = entries.filter { _, entry in
            entry.openTransactionStart != nil || now - entry.lastHeard < expirationMs
        }
    }
}
