internal import MartletCore

extension Accumulator {
    /// A batch that is done with, and how it ended; for its delivery, outside of the lock.
    struct Settlement: Sendable {
        let delivery: BatchDelivery
        let outcome: BatchDelivery.Outcome
        let recordCount: Int
    }

    /// Acts on what an attempt came to; gives the batches that are now settled.
    mutating func apply(
        _ verdict: ProduceVerdict, to batch: ProducerBatch, at now: Instant
    ) -> [Settlement] {
        guard let slot = slot(of: batch.partition) else { return [] }
        switch verdict {
        case .delivered(let placement):
            slot.queue.didDeliver(batch)
            release(batch)
            return [
                Settlement(
                    delivery: batch.delivery, outcome: .success(placement), recordCount: batch.recordCount)
            ]
        case .retry(let error, let mayBeAppended, _):
            if mayBeAppended { batch.isFateUnknown = true }
            return retryOrGiveUp(batch, slot, after: error, restartingSequence: false, at: now)
        case .retryWithNewSequence(let error, let needsNewProducerID):
            if needsNewProducerID, producer.id == batch.identity.id { producer = .none }
            return retryOrGiveUp(batch, slot, after: error, restartingSequence: true, at: now)
        case .fail(let error):
            return giveUp(batch, slot, because: error)
        }
    }

    private mutating func retryOrGiveUp(
        _ batch: ProducerBatch, _ slot: PartitionSlot, after error: MartletError, restartingSequence: Bool,
        at now: Instant
    ) -> [Settlement] {
        batch.lastError = error
        if slot.queue.isAbandoned(batch) { return giveUp(batch, slot, because: .abandoned(batch)) }
        if let reason = transaction?.abandonment { return giveUp(batch, slot, because: reason) }
        // A closed producer may still deliver what it holds, but not after its run has ended.
        if now >= batch.createdAt + limits.deliveryTimeout || closed?.code == .cancelled {
            return giveUp(batch, slot, because: .deliveryTimedOut(batch, after: limits.deliveryTimeout))
        }
        let wait = batch.backoff.next(using: &random)
        slot.queue.willRetry(batch, at: now + wait, restartingSequence: restartingSequence)
        activate(slot)
        return []
    }

    /// Settles a batch without success, unless that has happened already.
    mutating func giveUp(_ batch: ProducerBatch, because error: MartletError) -> [Settlement] {
        guard let slot = slot(of: batch.partition), batch.delivery.outcome == nil else { return [] }
        return giveUp(batch, slot, because: error)
    }

    private mutating func giveUp(
        _ batch: ProducerBatch, _ slot: PartitionSlot, because error: MartletError
    ) -> [Settlement] {
        var settled: [Settlement] = []
        var others = [batch]
        while let next = others.popLast() {
            let reason = next === batch ? error : .abandoned(next)
            others += slot.queue.didGiveUp(next).filter { other in !others.contains { $0 === other } }
            transaction?.didGiveUpBatch(because: reason, hadSequence: next.hasSequence)
            release(next)
            if next.hasUnawaitedRecords, unobservedFailure == nil { unobservedFailure = reason }
            settled.append(
                Settlement(
                    delivery: next.delivery, outcome: .failure(reason), recordCount: next.recordCount))
        }
        // Nothing more of the transaction is worth sending.
        if let reason = transaction?.abandonment { settled += giveUpWaiting(because: reason) }
        return settled
    }

    /// Gives up what no request has under way.
    private mutating func giveUpWaiting(because reason: MartletError) -> [Settlement] {
        var settled: [Settlement] = []
        for slot in active {
            for batch in slot.queue.waiting {
                _ = slot.queue.didGiveUp(batch)
                transaction?.didGiveUpBatch(because: reason, hadSequence: batch.hasSequence)
                release(batch)
                settled.append(
                    Settlement(
                        delivery: batch.delivery, outcome: .failure(reason), recordCount: batch.recordCount))
            }
        }
        return settled
    }

    /// The transaction failed, or is to be aborted: gives up what waits.
    ///
    /// - Parameter error: Nil if it has failed already, or is being aborted.
    mutating func abandonTransaction(because error: MartletError?) -> [Settlement] {
        if let error { transaction?.didFail(error) }
        guard let reason = transaction?.abandonment else { return [] }
        return giveUpWaiting(because: reason)
    }

    private mutating func release(_ batch: ProducerBatch) {
        buffer.release(batch.accountedBytes)
        batch.accountedBytes = 0
    }
}
