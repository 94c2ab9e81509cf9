internal import DequeModule
internal import MartletCore
internal import MartletLog

/// Batches that must be opened before they are appended, in the order in which they came. Whatever comes
/// while one is waiting waits behind it, or a producer's sequence would be broken.
struct Arrivals {
    struct Arrival {
        let records: Bytes
        let verification: TransactionVerification?
        let completion: (Result<AppendResult, LogError>) -> Void
    }

    /// Going to a thread and back should not cost more than preparing a small batch does.
    static let atOnce = 64

    var waiting: Deque<Arrival> = []
    /// Whether the partition is in the lane, or its batch is on a thread.
    var isInLane = false
}

extension Partition {
    /// Whether the batch can be appended at once, as it is.
    func takesAsSent(_ records: Bytes) -> Bool {
        guard let preparation else { return arrivals.waiting.isEmpty }
        return arrivals.waiting.isEmpty && !preparation.isNeeded(for: records)
    }

    /// Appends a producer's batch when it and all before it are prepared, and says on this loop what became
    /// of it.
    func prepareAndAppend(
        _ records: Bytes, _ verification: TransactionVerification?,
        _ completion: @escaping (Result<AppendResult, LogError>) -> Void
    ) {
        guard !isClosed else { return completion(.failure(.closed(id))) }
        arrivals.waiting.append(
            Arrivals.Arrival(records: records, verification: verification, completion: completion))
        guard !arrivals.isInLane else { return }
        arrivals.isInLane = true
        shard.preparationLane.enter(self)
    }

    /// Called by the lane: prepares the first batches that wait, appends them, and calls back with whether
    /// none is left to prepare.
    func prepareNext(_ done: @escaping (Bool) -> Void) {
        appendReadyArrivals()
        guard !arrivals.waiting.isEmpty, let preparation else { return leaveLane(done) }
        let batches = arrivals.waiting.prefix(Arrivals.atOnce).map(\.records)
        let id = id
        let maxMessageBytes = configuration.maxMessageBytes
        let budget = shard.environment.receivePool.budget
        run {
            preparation.perform(batches, of: id, maxMessageBytes: maxMessageBytes, budget)
        } completion: { partition, result in
            // Charged until it is in the log.
            let prepared = (try? result.get()) ?? []
            for batch in prepared { partition.appendFirstArrival(batch.records) }
            partition.appendReadyArrivals()
            partition.leaveLane(done)
        }
    }

    private func leaveLane(_ done: (Bool) -> Void) {
        arrivals.isInLane = !arrivals.waiting.isEmpty
        done(arrivals.waiting.isEmpty)
    }

    private func appendFirstArrival(_ prepared: Result<Bytes, LogError>) {
        // Gone if the partition was retired meanwhile.
        guard let arrival = arrivals.waiting.popFirst() else { return }
        do {
            arrival.completion(.success(try append(prepared.get(), origin: .client, arrival.verification)))
        } catch {
            arrival.completion(.failure(error))
        }
    }

    /// Appends those at the head of the queue that only waited for those before them.
    private func appendReadyArrivals() {
        while let first = arrivals.waiting.first, preparation?.isNeeded(for: first.records) != true {
            appendFirstArrival(.success(first.records))
        }
    }

    /// Refuses what waits: the partition is about to close.
    func failArrivals() {
        let failed = arrivals.waiting
        arrivals.waiting = []
        for arrival in failed { arrival.completion(.failure(.closed(id))) }
    }
}
