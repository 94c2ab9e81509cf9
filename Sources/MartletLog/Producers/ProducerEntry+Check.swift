internal import MartletCore
internal import MartletRecords

/// What becomes of what a producer sends, decided as Apache Kafka does.
extension ProducerEntry {
    enum Decision: Sendable, Equatable {
        case append
        /// The same batch was appended before.
        case duplicate(Batch)
    }

    /// Decides what becomes of a batch that the producer sends.
    func check(
        _ header: BatchHeader, origin: AppendOrigin, _ verification: TransactionVerifications.Standing
    ) throws(ProducerError) -> Decision {
        guard origin != .replication else { return .append }
        guard header.producerEpoch >= epoch else {
            throw .staleEpoch(header.producerID, found: header.producerEpoch, current: epoch)
        }
        // Before anything is said of its transaction, which may have ended: the producer asks again because
        // the answer was lost.
        if origin == .client, header.producerEpoch == epoch, let batch = duplicate(of: header) {
            return .duplicate(batch)
        }
        if header.isTransactional, !verification.isVerified, !hasOpenTransaction(epoch: header.producerEpoch)
        {
            throw .unverifiedTransaction(header.producerID)
        }
        if origin == .client { try checkSequence(header, verification) }
        if !header.isTransactional, openTransactionStart != nil { throw .openTransaction(header.producerID) }
        return .append
    }

    private func checkSequence(
        _ header: BatchHeader, _ verification: TransactionVerifications.Standing
    ) throws(ProducerError) {
        func require(_ expected: Int32) throws(ProducerError) {
            guard header.baseSequence == expected else {
                throw .outOfOrder(header.producerID, expected: expected, found: header.baseSequence)
            }
        }
        if verification.bumpsEpoch, lastBatch == nil { try require(0) }
        if let lowest = verification.lowestSequence, !hasOpenTransaction(epoch: header.producerEpoch),
            BatchHeader.isSequence(lowest, before: header.baseSequence)
        {
            throw .outOfOrder(header.producerID, expected: lowest, found: header.baseSequence)
        }
        if header.producerEpoch == epoch {
            // A marker may have begun the epoch: then there is no batch of it yet.
            try require(lastBatch?.nextSequence ?? 0)
        } else if epoch != .none {
            try require(0)
        }
        // A producer that the log has never seen, or has forgotten, may go on with any sequence: its earlier
        // records were deleted, and refusing it would stop a healthy producer.
    }

    /// Decides whether a marker may end the producer's transaction.
    ///
    /// - Parameter isEpochBumped: The coordinator gives each transaction an epoch of its own, and the marker
    ///   that of the next. So one that comes late cannot end another transaction than its own.
    func check(
        _ marker: TransactionMarker, _ header: BatchHeader, origin: AppendOrigin, isEpochBumped: Bool
    ) throws(ProducerError) {
        guard origin != .replication else { return }
        let isCurrent = header.producerEpoch == epoch
        // Written before, and sent again by a coordinator that has not heard of it.
        let isRepeated = isCurrent && openTransactionStart == nil
        guard header.producerEpoch > epoch || (isEpochBumped ? isRepeated : isCurrent) else {
            throw .staleEpoch(header.producerID, found: header.producerEpoch, current: epoch)
        }
        guard marker.coordinatorEpoch >= coordinatorEpoch else {
            throw .coordinatorFenced(
                header.producerID, found: marker.coordinatorEpoch, current: coordinatorEpoch)
        }
    }
}
