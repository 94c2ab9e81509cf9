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
    /// Where a batch is full: as configured, or less since the broker refused one that was too large for it.
    private(set) var batchBytes: Int
    /// Batches delivered since the last refusal of that kind.
    private var deliveredSinceRefusal = 0
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
    /// Sequences begin anew with the first batch at this place or behind it, as soon as nothing is in flight.
    /// Those before it keep theirs: the broker may have them, and must be able to recognise them.
    private var restart: ProducerBatch.Place?
    /// A batch was given up here that the broker may have, or may yet get.
    private var abandoned: (identity: ProducerIdentity, place: ProducerBatch.Place)?

    init(partition: TopicPartition, limits: Limits) {
        self.partition = partition
        self.limits = limits
        batchBytes = limits.batchBytes
    }

    var isEmpty: Bool { open == nil && ready.isEmpty && inFlight.isEmpty }
    /// Batches not settled yet.
    var batchCount: Int { inFlight.count + ready.count + (open == nil ? 0 : 1) }

    /// All that is not settled, in order.
    var batches: [ProducerBatch] {
        var all = inFlight + ready
        all.sort { $0.place < $1.place }
        if let open { all.append(open) }
        return Array(all)
    }

    // MARK: Filling

    /// The place of the batch that is begun next.
    func nextPlace() -> ProducerBatch.Place { ProducerBatch.Place(ordinal: nextOrdinal) }

    /// Begins a batch at the next place, for records that the open one has no room for.
    mutating func begin(_ batch: ProducerBatch) {
        seal()
        nextOrdinal += 1
        open = batch
    }

    /// Whether the open batch is full, and so the sender should know of it.
    var isFull: Bool { (open?.byteCount ?? 0) >= batchBytes }

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
        if head.attempts > 0 || restart != nil {
            // Sent before, or first of a new sequence: alone, so that nothing overtakes it.
            guard inFlight.isEmpty else { return .nothing }
            if let retryAt = head.retryAt, retryAt > now { return .wait(until: retryAt) }
        } else {
            let window = limits.isIdempotent && !isEstablished ? 1 : limits.maximumInFlight
            // A window of batches and not of requests: the broker recognises only the last five that it
            // appended, so that the oldest without an answer must stay among them.
            let oldest = inFlight.first?.place ?? head.place
            guard head.place.ordinal - oldest.ordinal < UInt64(window) else { return .nothing }
        }
        if ready.isEmpty, !isUrgent, !isFull {
            let isAwaitedAlone = head.isAwaited && inFlight.isEmpty
            let lingersUntil = head.createdAt + limits.linger
            if !isAwaitedAlone && lingersUntil > now { return .wait(until: lingersUntil) }
        }
        if limits.isIdempotent, !limits.isTransactional {
            let needsAnother = restart != nil && identity.epoch.rawValue == Int16.max
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
            prepareSequence(of: batch, producer: producer)
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

    /// Begins a new sequence if that is due at the head of the queue.
    ///
    /// Safe, because what is still here then was refused, or never sent, or follows something that was: the
    /// broker cannot have it. What it might have has been settled, or was given up together with what makes
    /// the new sequence necessary.
    private mutating func prepareSequence(of head: ProducerBatch, producer: ProducerIdentity) {
        if limits.isTransactional {
            // All of the last identity's batches are settled: a transaction has ended in between.
            guard identity != producer else { return }
            identity = producer
            isEstablished = false
            nextSequence = 0
            return
        }
        if identity.id == .none { identity = producer }
        guard let restart, head.place >= restart else { return }
        self.restart = nil
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
        batch.place <= inFlight.first?.place ?? batch.place
            && batch.place <= ready.first?.place ?? batch.place
    }

    /// The batch is with the broker.
    mutating func didDeliver(_ batch: ProducerBatch) {
        if batch.identity == identity { isEstablished = true }
        remove(batch)
        guard batchBytes < limits.batchBytes else { return }
        deliveredSinceRefusal += 1
        // The topic may take more by now, or the records of that time were the exception.
        guard deliveredSinceRefusal >= Self.batchesUntilGrowth else { return }
        deliveredSinceRefusal = 0
        batchBytes = min(batchBytes * 2, limits.batchBytes)
    }

    private static let batchesUntilGrowth = 1000

    /// A batch was too large for the broker. The next ones are to spare us that.
    private mutating func didRefuse(byteCount: Int) {
        deliveredSinceRefusal = 0
        batchBytes = max(min(batchBytes, byteCount / 2), 1)
    }

    /// The batch goes back to its place in the order.
    mutating func willRetry(_ batch: ProducerBatch, at instant: Instant, restartingSequence: Bool) {
        remove(batch)
        batch.retryAt = instant
        insert(batch)
        if restartingSequence {
            batch.isFateUnknown = false
            restartSequence(at: batch.place)
        }
    }

    /// The batch was refused as too large; its halves take its place.
    mutating func didSplit(_ batch: ProducerBatch, into halves: ProducerBatch.Halves) {
        remove(batch)
        insert(halves.first)
        insert(halves.second)
        didRefuse(byteCount: batch.accountedBytes)
    }

    /// Puts a batch that was sent before among those that wait.
    private mutating func insert(_ batch: ProducerBatch) {
        let index = ready.firstIndex { $0.place > batch.place } ?? ready.endIndex
        ready.insert(batch, at: index)
    }

    /// The batch is given up. If it had a place in the sequence, the broker will miss it there.
    ///
    /// - Returns: Batches to be given up with it. If the broker may have this one, or may get it from a
    ///   connection that we think dead, then what was sent behind it may arrive there in the same way, after
    ///   any answer that denies it. To send that again in a new sequence could repeat records.
    mutating func didGiveUp(_ batch: ProducerBatch) -> [ProducerBatch] {
        remove(batch)
        guard batch.hasSequence, !limits.isTransactional else { return [] }
        restartSequence(at: batch.place)
        guard batch.isFateUnknown else { return [] }
        if let abandoned, abandoned.identity == batch.identity, abandoned.place < batch.place { return [] }
        abandoned = (batch.identity, batch.place)
        return ready.filter(isAbandoned)
    }

    private mutating func restartSequence(at place: ProducerBatch.Place) {
        restart = min(restart ?? place, place)
    }

    /// Whether the batch must not be sent again, see `didGiveUp`.
    func isAbandoned(_ batch: ProducerBatch) -> Bool {
        guard let abandoned, batch.isFateUnknown, batch.hasSequence else { return false }
        return batch.identity == abandoned.identity && batch.place > abandoned.place
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

    func isInFlight(_ batch: ProducerBatch) -> Bool { inFlight.contains { $0 === batch } }

    /// Batches in flight whose time is over, and of which nobody was told.
    func overdue(at now: Instant) -> [ProducerBatch] {
        inFlight.filter { !$0.isOverdue && $0.createdAt + limits.deliveryTimeout <= now }
    }

    /// Batches whose time is over, apart from those in flight, which end with their request.
    func expired(at now: Instant) -> [ProducerBatch] {
        var late = ready.filter { $0.createdAt + limits.deliveryTimeout <= now }
        if let open, open.createdAt + limits.deliveryTimeout <= now { late.append(open) }
        return Array(late)
    }

    /// Those that no request has under way.
    var waiting: [ProducerBatch] { Array(ready) + (open.map { [$0] } ?? []) }

    /// When `expired` and `overdue` are worth asking next.
    var nextExpiry: Instant? {
        let waiting = (ready.first ?? open)?.createdAt
        let underWay = limits.isTransactional ? nil : inFlight.first { !$0.isOverdue }?.createdAt
        guard let first = waiting ?? underWay else { return nil }
        return min(first, underWay ?? first) + limits.deliveryTimeout
    }
}
