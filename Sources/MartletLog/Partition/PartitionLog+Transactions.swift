package import MartletCore
internal import MartletRecords

extension PartitionLog {
    // MARK: Opening

    /// Whether a transaction of this producer and epoch is open in this log.
    package func hasOpenTransaction(of producer: ProducerID, epoch: ProducerEpoch) -> Bool {
        producers.hasOpenTransaction(of: producer, epoch: epoch)
    }

    /// To be called before the coordinator is asked whether a producer's transaction, of which this log has
    /// nothing yet, is going on. What it answers may be out of date when it arrives: with the verification
    /// `append` finds that out.
    ///
    /// - Parameters:
    ///   - sequence: Of the batch that waits for the answer; of batches that wait together the lowest must be
    ///     appended first.
    ///   - bumpsEpoch: The producer gets a new epoch for each transaction (transaction version 2).
    /// - Returns: Nil if the transaction is open here already, so that there is nothing to ask.
    package func beginVerification(
        of producer: ProducerID, epoch: ProducerEpoch, sequence: Int32, bumpsEpoch: Bool = false
    ) -> TransactionVerification? {
        guard !hasOpenTransaction(of: producer, epoch: epoch) else { return nil }
        return verifications.begin(of: producer, epoch: epoch, sequence: sequence, bumpsEpoch: bumpsEpoch)
    }

    /// Why this log would refuse what a coordinator wants to store in a producer's transaction; nil if it
    /// would take it.
    package func objection(
        toTransactionOf producer: ProducerID, epoch: ProducerEpoch, verification: TransactionVerification?
    ) -> LogError? {
        let current = producers[producer]?.epoch ?? .none
        if epoch < current {
            let error = ProducerError.staleEpoch(producer, found: epoch, current: current)
            return .invalidProducer(topicPartition, error)
        }
        let standing = verifications.standing(of: producer, epoch: epoch, with: verification)
        guard standing.isVerified || hasOpenTransaction(of: producer, epoch: epoch) else {
            return .invalidProducer(topicPartition, .unverifiedTransaction(producer))
        }
        return nil
    }

    // MARK: Ending

    /// Ends the producer's transaction in this log. Readers see how it ended when the high watermark has
    /// reached the result's end.
    ///
    /// A marker that finds no transaction is appended all the same: it may have been sent before, and it
    /// keeps those of the past from opening one.
    ///
    /// - Parameter isEpochBumped: The marker has a newer epoch than the records of its transaction
    ///   (transaction version 2), so that one of any other transaction is refused.
    package func appendMarker(
        _ marker: TransactionMarker, of producer: ProducerID, epoch: ProducerEpoch, isEpochBumped: Bool,
        leaderEpoch: LeaderEpoch, now: Timestamp
    ) throws(LogError) -> AppendResult {
        let batch: Bytes
        do throws(RecordError) {
            batch = try marker.batch(of: producer, epoch: epoch, now: now)
        } catch {
            throw .invalidBatch(topicPartition, error)
        }
        let terms = ProducerTrial.Terms(origin: .coordinator, isEpochBumped: isEpochBumped, now: now)
        return try append(batch, terms, leaderEpoch: leaderEpoch)
    }

    /// Takes note of what a set that is in the log does to transactions.
    func noteTransactions(_ changes: [(producer: ProducerID, change: TransactionChange)]) {
        for header in incoming where header.isTransactional { verifications.end(of: header.producerID) }
        for (producer, change) in changes {
            if let aborted = producers.note(change, of: producer) {
                active.didAbort(aborted)
                lastAborted = aborted.lastOffset
            }
            if case .ended(let first, let marker, _) = change { ended.append(start: first, marker: marker) }
        }
        offsets.firstOpen = producers.firstOpenTransaction
    }

    // MARK: Reading

    /// The aborted transactions that a read-committed consumer of these offsets must know: all that have
    /// records there, by their first offsets. It leaves out what their producers wrote, from the first offset
    /// to the marker.
    ///
    /// - Parameter range: From the first batch that is sent to the last, below the last stable offset.
    package func abortedTransactions(in range: Range<Offset>) throws(LogError) -> [AbortedTransaction] {
        guard range.lowerBound <= lastAborted, !range.isEmpty else { return [] }
        var found: [AbortedTransaction] = []
        if try !collectSealed(in: range, into: &found) {
            _ = active.transactions.collect(in: range, into: &found)
        }
        // They come by their markers.
        if found.count > 1 { found.sort { $0.firstOffset < $1.firstOffset } }
        return found
    }

    /// - Returns: Whether there can be no others.
    private func collectSealed(
        in range: Range<Offset>, into found: inout [AbortedTransaction]
    ) throws(LogError) -> Bool {
        for segment in sealed[segmentIndex(holding: range.lowerBound)...]
        where segment.mayHaveAborted(before: range.upperBound) {
            defer { surveys.add(segment) }
            do throws(SegmentError) {
                let files = try segment.open()
                guard let index = files.transactions else {
                    throw .damaged(path: segment.path(.txnindex), position: 0, .wrongTransactionIndex)
                }
                if index.collect(in: range, into: &found) { return true }
            } catch {
                throw LogError(error, in: topicPartition)
            }
        }
        return false
    }
}
