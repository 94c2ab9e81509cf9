internal import MartletCore

extension Accumulator {
    /// A batch that is done with, and how it ended; for its delivery, outside of the lock.
    struct Settlement: Sendable {
        let delivery: BatchDelivery
        let outcome: BatchDelivery.Outcome
        let recordCount: Int
    }

    /// What a verdict on a batch depends on.
    func terms(of batch: ProducerBatch) -> ProduceVerdict.Terms {
        ProduceVerdict.Terms(
            isIdempotent: limits.isIdempotent, isTransactional: limits.isTransactional,
            isFirst: slot(of: batch.partition)?.queue.isFirst(batch) ?? true,
            isFateUnknown: batch.isFateUnknown)
    }

    /// Acts on what an attempt came to; gives the batches that are now settled.
    mutating func apply(
        _ verdict: ProduceVerdict, to batch: ProducerBatch, at now: Instant
    ) -> [Settlement] {
        // It may have been given up meanwhile, with all that the producer had.
        guard let slot = slot(of: batch.partition), slot.queue.isInFlight(batch) else { return [] }
        switch verdict {
        case .delivered(let placement):
            slot.queue.didDeliver(batch)
            release(batch)
            if batch.isOverdue { return [] }
            return [
                Settlement(
                    delivery: batch.delivery, outcome: .success(placement), recordCount: batch.recordCount)
            ]
        case .retry(let error, let mayBeAppended, _):
            if mayBeAppended { batch.isFateUnknown = true }
            if let reason = end(of: batch, slot, after: error, at: now) {
                return giveUp(batch, slot, because: reason)
            }
            retry(batch, slot, restartingSequence: false, at: now)
            return []
        case .retryWithNewSequence(let error, let needsNewProducerID):
            if needsNewProducerID, producer.id == batch.identity.id { producer = .none }
            if let reason = end(of: batch, slot, after: error, at: now) {
                return giveUp(batch, slot, because: reason)
            }
            retry(batch, slot, restartingSequence: true, at: now)
            return []
        case .split(let halves, let error):
            if let reason = end(of: batch, slot, after: error, at: now) {
                return giveUp(batch, slot, because: reason)
            }
            split(batch, into: halves, slot)
            return []
        case .fail(let error, let records):
            return giveUp(batch, slot, because: error, records: records)
        }
    }

    // MARK: Going on

    /// Why a batch is not sent again; nil if it is.
    private func end(
        of batch: ProducerBatch, _ slot: PartitionSlot, after error: MartletError, at now: Instant
    ) -> MartletError? {
        batch.lastError = error
        if slot.queue.isAbandoned(batch) { return .abandoned(batch) }
        if let reason = transaction?.abandonment { return reason }
        // A closed producer may still deliver what it holds, but not after its run has ended.
        if now >= batch.createdAt + limits.deliveryTimeout || isEnded {
            return .deliveryTimedOut(batch, after: limits.deliveryTimeout)
        }
        return nil
    }

    private mutating func retry(
        _ batch: ProducerBatch, _ slot: PartitionSlot, restartingSequence: Bool, at now: Instant
    ) {
        let wait = batch.backoff.next(using: &random)
        slot.queue.willRetry(batch, at: now + wait, restartingSequence: restartingSequence)
        activate(slot)
    }

    private mutating func split(
        _ batch: ProducerBatch, into halves: ProducerBatch.Halves, _ slot: PartitionSlot
    ) {
        slot.queue.didSplit(batch, into: halves)
        let (first, second) = (halves.first, halves.second)
        let share = batch.accountedBytes * first.byteCount / (first.byteCount + second.byteCount)
        first.accountedBytes = share
        second.accountedBytes = batch.accountedBytes - share
        batch.accountedBytes = 0
        activate(slot)
        batch.delivery.split(
            BatchDelivery.Halves(
                first: first.delivery, second: second.delivery, boundary: Int32(first.recordCount)))
    }

    // MARK: Giving up

    /// Settles a batch without success, unless that has happened already.
    mutating func giveUp(_ batch: ProducerBatch, because error: MartletError) -> [Settlement] {
        guard let slot = slot(of: batch.partition), batch.isOverdue || !batch.delivery.isSettled else {
            return []
        }
        // Nobody will hear the answer.
        if slot.queue.isInFlight(batch) { batch.isFateUnknown = true }
        return giveUp(batch, slot, because: error)
    }

    private mutating func giveUp(
        _ batch: ProducerBatch, _ slot: PartitionSlot, because error: MartletError,
        records: [Int32: MartletError] = [:]
    ) -> [Settlement] {
        var settled: [Settlement] = []
        var others = [batch]
        while let next = others.popLast() {
            let reason = next === batch ? error : .abandoned(next)
            others += slot.queue.didGiveUp(next).filter { other in !others.contains { $0 === other } }
            transaction?.didGiveUpBatch(because: reason, hadSequence: next.hasSequence)
            release(next)
            if next.isOverdue { continue }
            settled.append(tell(next, reason, records: next === batch ? records : [:]))
        }
        // Nothing more of the transaction is worth sending.
        if let reason = transaction?.abandonment { settled += giveUpWaiting(because: reason) }
        return settled
    }

    /// Notes a failure for those who wait, and for the next flush.
    private mutating func tell(
        _ batch: ProducerBatch, _ error: MartletError, records: [Int32: MartletError] = [:]
    ) -> Settlement {
        var error = error
        if batch.isFateUnknown { error.isOutcomeUnknown = true }
        if batch.hasUnawaitedRecords, unobservedFailure == nil {
            unobservedFailure = records.values.first ?? error
        }
        return Settlement(
            delivery: batch.delivery,
            outcome: .failure(BatchDelivery.Failure(error: error, records: records)),
            recordCount: batch.recordCount)
    }

    /// Tells those who wait for batches that are under way when their time is up (KIP-91). The batches
    /// themselves stay until their requests end, so that nothing overtakes them; what the broker answers is
    /// then of no interest.
    mutating func tellOverdue(at now: Instant) -> [Settlement] {
        // The end of a transaction waits for what is under way, so it has to know when that is over.
        guard transaction == nil else { return [] }
        var settled: [Settlement] = []
        for slot in active {
            for batch in slot.queue.overdue(at: now) {
                batch.isFateUnknown = true
                settled.append(tell(batch, .deliveryTimedOut(batch, after: limits.deliveryTimeout)))
                batch.isOverdue = true
            }
        }
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
                var error = reason
                if batch.isFateUnknown { error.isOutcomeUnknown = true }
                settled.append(
                    Settlement(
                        delivery: batch.delivery, outcome: .failure(BatchDelivery.Failure(error: error)),
                        recordCount: batch.recordCount))
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
