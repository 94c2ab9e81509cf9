internal import DequeModule
internal import MartletCore
internal import MartletRecords

/// One partition's batches from the first record to the acknowledgement, in order: a state machine without
/// I/O and without a clock.
///
/// A batch is open (records are added), ready (full, or old enough), in flight, and then settled or ready
/// again. With idempotence a batch gets its sequence when it is first sent and keeps it, so a broker that has
/// it already says so. After a failure the order holds because batches that were sent before go first, one at
/// a time, and only when nothing else is in flight.
///
/// Sequences begin anew, under the next epoch, when they can no longer fit: the broker has forgotten ours, or
/// a batch was given up and left a gap. The new epoch also fences whatever of the old one is still under way.
struct PartitionQueue {
    typealias Instant = ContinuousClock.Instant

    struct Limits {
        var batchBytes: Int
        var linger: Duration
        var maximumInFlight: Int
        var deliveryTimeout: Duration
        var isIdempotent: Bool
        /// Sequences begin anew with each identity that the coordinator gives, and at no other time.
        var isTransactional = false
    }

    /// What the queue wants next.
    enum Demand: Equatable {
        /// A batch can be taken now.
        case send
        /// A producer id other than this one is needed before anything can be sent.
        case producerID(insteadOf: ProducerID)
        /// Nothing before this time, or before something else happens.
        case wait(until: Instant)
        case nothing
    }

    let partition: TopicPartition
    let limits: Limits
    private(set) var open: ProducerBatch?
    /// In order; those that were sent before are in front.
    private var ready = Deque<ProducerBatch>()
    /// In order.
    private var inFlight = Deque<ProducerBatch>()
    private var nextOrdinal: UInt64 = 0

    private var identity = ProducerIdentity.none
    private var nextSequence: Int32 = 0
    /// The broker has acknowledged a batch of this identity. Before that it takes any sequence for the first
    /// one, so that a second batch must not get ahead of the first.
    private var isEstablished = false
    /// Sequences begin anew as soon as nothing is in flight.
    private var mustRestartSequence = false
    /// Under this identity a batch was given up that the broker may have, or may yet get.
    private var abandoned: ProducerIdentity?

    init(partition: TopicPartition, limits: Limits) {
        self.partition = partition
        self.limits = limits
    }

    var isEmpty: Bool { open == nil && ready.isEmpty && inFlight.isEmpty }
    var inFlightCount: Int { inFlight.count }

    /// All that is not settled, in order.
    var batches: [ProducerBatch] {
        var all = inFlight + ready
        all.sort { $0.ordinal < $1.ordinal }
        if let open { all.append(open) }
        return Array(all)
    }

    // MARK: Filling

    /// The batch to add a record to. Seals the open one if the record would not fit.
    mutating func batch(
        forRecordOf byteCount: Int, at now: Instant, makeBatch: (UInt64) -> ProducerBatch
    ) -> ProducerBatch {
        if let open {
            if open.byteCount + byteCount <= limits.batchBytes { return open }
            seal()
        }
        let batch = makeBatch(nextOrdinal)
        nextOrdinal += 1
        open = batch
        return batch
    }

    /// Whether the open batch is full, and so the sender should know of it.
    var isFull: Bool { (open?.byteCount ?? 0) >= limits.batchBytes }

    /// Closes the open batch for further records.
    mutating func seal() {
        guard let batch = open else { return }
        open = nil
        if batch.recordCount > 0 { ready.append(batch) }
    }

    // MARK: Sending

    /// - Parameters:
    ///   - isUrgent: Somebody flushes, closes, or waits for buffer space: no lingering.
    ///   - producer: The identity that new sequences begin with; none while it is not known.
    func demand(at now: Instant, isUrgent: Bool, producer: ProducerIdentity) -> Demand {
        guard let head = ready.first ?? open else { return .nothing }
        if head.attempts > 0 || mustRestartSequence {
            // Sent before, or first of a new sequence: alone, so that nothing overtakes it.
            guard inFlight.isEmpty else { return .nothing }
            if let retryAt = head.retryAt, retryAt > now { return .wait(until: retryAt) }
        } else {
            let window = limits.isIdempotent && !isEstablished ? 1 : limits.maximumInFlight
            // A window of batches and not of requests: the broker recognises only the last five that it
            // appended, so that the oldest without an answer must stay among them.
            let oldest = inFlight.first?.ordinal ?? head.ordinal
            guard head.ordinal - oldest < UInt64(window) else { return .nothing }
        }
        if ready.isEmpty, !isUrgent, !isFull {
            let isAwaitedAlone = head.isAwaited && inFlight.isEmpty
            let lingersUntil = head.createdAt + limits.linger
            if !isAwaitedAlone && lingersUntil > now { return .wait(until: lingersUntil) }
        }
        if limits.isIdempotent, !limits.isTransactional {
            let needsAnother = mustRestartSequence && identity.epoch.rawValue == Int16.max
            if producer.id == .none || (needsAnother && identity.id == producer.id) {
                return .producerID(insteadOf: producer.id)
            }
        }
        return .send
    }

    /// Takes the next batch; only after `demand` said `send`, at the same time and for the same producer.
    mutating func take(producer: ProducerIdentity) -> ProducerBatch? {
        if ready.isEmpty { seal() }
        guard let batch = ready.first else { return nil }
        if limits.isIdempotent {
            prepareSequence(producer: producer)
            if !batch.hasSequence {
                batch.identity = identity
                batch.baseSequence = nextSequence
                nextSequence = BatchHeader.sequence(nextSequence, advancedBy: Int32(batch.recordCount))
            }
        }
        ready.removeFirst()
        batch.attempts += 1
        batch.retryAt = nil
        inFlight.append(batch)
        return batch
    }

    /// Begins a new sequence if that is due.
    ///
    /// Safe, because what is still here was refused, or never sent, or follows something that was: the broker
    /// cannot have it. What it might have is given up together with what makes the new sequence necessary.
    private mutating func prepareSequence(producer: ProducerIdentity) {
        if limits.isTransactional {
            // All of the last identity's batches are settled: a transaction has ended in between.
            guard identity != producer else { return }
            identity = producer
            isEstablished = false
            nextSequence = 0
            return
        }
        if identity.id == .none { identity = producer }
        guard mustRestartSequence else { return }
        mustRestartSequence = false
        if identity.id == producer.id {
            identity.epoch = ProducerEpoch(rawValue: identity.epoch.rawValue + 1)
        } else {
            identity = producer
        }
        isEstablished = false
        nextSequence = 0
        for batch in ready { batch.baseSequence = BatchHeader.noSequence }
    }

    // MARK: After sending

    /// Whether nothing sent before this batch is still undecided.
    func isFirst(_ batch: ProducerBatch) -> Bool {
        let earliestInFlight = inFlight.first?.ordinal ?? .max
        let earliestReady = ready.first?.ordinal ?? .max
        return batch.ordinal <= min(earliestInFlight, earliestReady)
    }

    /// The batch is with the broker.
    mutating func didDeliver(_ batch: ProducerBatch) {
        if batch.identity == identity { isEstablished = true }
        remove(batch)
    }

    /// The batch goes back to its place in the order.
    mutating func willRetry(_ batch: ProducerBatch, at instant: Instant, restartingSequence: Bool) {
        remove(batch)
        batch.retryAt = instant
        let place = ready.firstIndex { $0.ordinal > batch.ordinal } ?? ready.endIndex
        ready.insert(batch, at: place)
        if restartingSequence {
            batch.isFateUnknown = false
            mustRestartSequence = true
        }
    }

    /// The batch is given up. If it had a place in the sequence, the broker will miss it there.
    ///
    /// - Returns: Batches to be given up with it. If the broker may have this one, or may get it from a
    ///   connection that we think dead, then what was sent behind it may arrive there in the same way, after
    ///   any answer that denies it. To send that again in a new sequence could repeat records.
    mutating func didGiveUp(_ batch: ProducerBatch) -> [ProducerBatch] {
        remove(batch)
        guard batch.hasSequence, !limits.isTransactional else { return [] }
        mustRestartSequence = true
        guard batch.isFateUnknown else { return [] }
        abandoned = batch.identity
        return ready.filter(isAbandoned)
    }

    /// Whether the batch must not be sent again, see `didGiveUp`.
    func isAbandoned(_ batch: ProducerBatch) -> Bool {
        batch.isFateUnknown && batch.hasSequence && batch.identity == abandoned
    }

    private mutating func remove(_ batch: ProducerBatch) {
        if let index = inFlight.firstIndex(where: { $0 === batch }) {
            inFlight.remove(at: index)
        } else if let index = ready.firstIndex(where: { $0 === batch }) {
            ready.remove(at: index)
        } else if open === batch {
            open = nil
        }
    }

    /// Batches whose time is over, apart from those in flight, which end with their request.
    func expired(at now: Instant) -> [ProducerBatch] {
        var late = ready.filter { $0.createdAt + limits.deliveryTimeout <= now }
        if let open, open.createdAt + limits.deliveryTimeout <= now { late.append(open) }
        return Array(late)
    }

    /// Those that no request has under way.
    var waiting: [ProducerBatch] { Array(ready) + (open.map { [$0] } ?? []) }

    /// When `expired` is worth asking next.
    var nextExpiry: Instant? {
        (ready.first ?? open).map { $0.createdAt + limits.deliveryTimeout }
    }
}
