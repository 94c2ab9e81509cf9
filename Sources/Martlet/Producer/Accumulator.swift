internal import DequeModule
internal import MartletCore
internal import MartletRecords

/// All that a producer holds: the queues of its partitions, the account of its buffer, and who waits for what.
///
/// A state machine without I/O and without a clock. Lives under the producer's lock, so everything in here is short.
struct Accumulator {
    typealias Instant = ContinuousClock.Instant

    /// How far enqueueing a record got.
    enum AppendResult {
        /// - Parameter wakesSender: The sender has something new to do, or to wait for.
        case appended(batch: BatchDelivery, index: Int32, wakesSender: Bool)
        case needsTopic
        case needsSpace(byteCount: Int)
        case refused(MartletError)
    }

    private(set) var configuration: ProducerConfiguration
    private let limits: PartitionQueue.Limits
    private let retry: RetryConfiguration
    private(set) var topics: [TopicName: TopicQueues] = [:]
    private var last: TopicQueues?
    /// Partitions with something in them, in no particular order; each drain begins at another.
    private var active: [PartitionSlot] = []
    private var rotation = 0

    var buffer: BufferAccount
    var producer = ProducerIdentity.none
    /// Flushes under way: while there are any, nothing lingers.
    var flushing = 0
    /// Set by `close` or by the end of `run`; nothing is taken any more.
    var closed: MartletError?
    /// The first failure of a record that nobody waited for, until a flush tells of it.
    var unobservedFailure: MartletError?
    private var random: any RandomNumberGenerator & Sendable

    init(
        _ configuration: ProducerConfiguration, retry: RetryConfiguration,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.configuration = configuration
        self.retry = retry
        self.random = random
        buffer = BufferAccount(capacity: configuration.bufferBytes)
        limits = PartitionQueue.Limits(
            batchBytes: configuration.batchBytes, linger: configuration.linger,
            maximumInFlight: configuration.maximumInFlight, deliveryTimeout: configuration.deliveryTimeout,
            isIdempotent: configuration.usesIdempotence
        )
    }

    var isEmpty: Bool { active.isEmpty }
    private var isUrgent: Bool { flushing > 0 || closed != nil || buffer.hasWaiters }

    // MARK: Enqueueing

    /// Adds a record to its batch, in constant time and mostly without allocation.
    ///
    /// - Parameter reserved: Bytes that the caller has been granted by `buffer` after a wait.
    mutating func append(
        _ record: borrowing ProducerRecord, at now: Instant, timestamp: Timestamp, isAwaited: Bool,
        reserved: Int
    ) -> AppendResult {
        if let closed { return .refused(closed) }
        guard let topic = queues(of: record.topic) else { return .needsTopic }
        let byteCount = RecordBatchBuilder.maximumByteCount(
            key: record.key?.count, value: record.value?.count, headers: record.headers)
        if byteCount > buffer.capacity {
            return .refused(
                .recordTooLarge(byteCount: byteCount, limit: buffer.capacity, name: "bufferBytes"))
        }
        let partition: PartitionSlot
        switch choosePartition(of: topic, for: record, byteCount: byteCount) {
        case .success(let slot): partition = slot
        case .failure(let error): return .refused(error)
        }
        if byteCount > reserved {
            guard buffer.take(byteCount - reserved) else { return .needsSpace(byteCount: byteCount) }
        } else if byteCount < reserved {
            buffer.release(reserved - byteCount)
        }
        return append(
            record, byteCount: byteCount, to: partition, at: now, timestamp: timestamp, isAwaited: isAwaited)
    }

    private mutating func append(
        _ record: borrowing ProducerRecord, byteCount: Int, to slot: PartitionSlot, at now: Instant,
        timestamp: Timestamp, isAwaited: Bool
    ) -> AppendResult {
        let openBefore = slot.queue.open
        let retry = retry
        let capacity = min(
            max(slot.lastBatchBytes, byteCount + BatchHeader.byteCount), configuration.batchBytes * 2)
        let partition = slot.queue.partition
        let batch = slot.queue.batch(forRecordOf: byteCount, at: now) { ordinal in
            ProducerBatch(
                partition: partition, ordinal: ordinal, createdAt: now, capacity: capacity,
                backoff: Backoff(retry)
            )
        }
        let isNew = batch !== openBefore
        if isNew {
            activate(slot)
            if let openBefore { slot.lastBatchBytes = openBefore.byteCount }
        }
        let index: Int32
        do {
            index = try batch.append(record, timestamp: timestamp)
        } catch {
            buffer.release(byteCount)
            return .refused(
                MartletError(.invalidArgument, "the record cannot be encoded: \(error)", underlying: error))
        }
        batch.accountedBytes += byteCount
        var wakes = isNew || slot.queue.isFull
        if isAwaited {
            wakes = wakes || !batch.isAwaited
            batch.isAwaited = true
        } else {
            batch.hasUnawaitedRecords = true
        }
        return .appended(batch: batch.delivery, index: index, wakesSender: wakes)
    }

    private mutating func queues(of name: TopicName) -> TopicQueues? {
        if let last, last.name == name { return last }
        guard let topic = topics[name] else { return nil }
        last = topic
        return topic
    }

    private mutating func choosePartition(
        of topic: TopicQueues, for record: borrowing ProducerRecord, byteCount: Int
    ) -> Result<PartitionSlot, MartletError> {
        let count = Int32(topic.partitions.count)
        let chosen =
            record.partition
            ?? configuration.partitioner.partition(topic: topic.name, key: record.key, partitionCount: count)
            ?? topic.stickyPartition(
                for: byteCount, switchingAfter: configuration.batchBytes, using: &random)
        guard topic.partitions.indices.contains(Int(chosen)) else {
            return .failure(
                MartletError(
                    .unknownPartition,
                    "topic \(topic.name) has partitions 0 to \(count - 1), not \(chosen)"
                        + "; choose one of them or add partitions"
                ))
        }
        return .success(topic.partitions[Int(chosen)])
    }

    // MARK: Topics

    /// Takes the number of partitions of a topic from the metadata; partitions are only ever added.
    mutating func update(_ name: TopicName, partitionCount: Int) {
        let topic = topics[name] ?? TopicQueues(name: name)
        topics[name] = topic
        while topic.partitions.count < partitionCount {
            let partition = TopicPartition(name, PartitionIndex(topic.partitions.count))
            topic.partitions.append(
                PartitionSlot(queue: PartitionQueue(partition: partition, limits: limits)))
        }
    }

    func slot(of partition: TopicPartition) -> PartitionSlot? {
        guard let topic = topics[partition.topic], topic.partitions.indices.contains(Int(partition.partition))
        else { return nil }
        return topic.partitions[Int(partition.partition)]
    }

    private mutating func activate(_ slot: PartitionSlot) {
        guard !slot.isActive else { return }
        slot.isActive = true
        active.append(slot)
    }

    // MARK: Sending

    /// What the sender can do now, and when to ask again.
    struct Plan {
        /// Batches to send, by broker; one per partition.
        var requests: [BrokerID: [ProducerBatch]] = [:]
        /// Batches that ran out of time.
        var expired: [ProducerBatch] = []
        /// Topics with something to send and a partition without a known leader.
        var topicsWithoutLeader: Set<TopicName> = []
        /// Leaders with something to send to.
        var wantedBrokers: Set<BrokerID> = []
        /// An idempotent producer needs another identity than this.
        var needsProducerID: ProducerID?
        var nextWake: Instant?

        mutating func wake(at instant: Instant) { nextWake = min(nextWake ?? instant, instant) }
    }

    /// Takes what can be sent.
    ///
    /// - Parameters:
    ///   - leader: The leader of a partition, as far as it is known.
    ///   - hasRoom: Whether a broker is connected and can take one more request.
    mutating func plan(
        at now: Instant, leader: (TopicPartition) -> BrokerID?, hasRoom: (BrokerID) -> Bool
    ) -> Plan {
        var plan = Plan()
        var bytes: [BrokerID: Int] = [:]
        active.removeAll { slot in
            slot.isActive = !slot.queue.isEmpty
            return !slot.isActive
        }
        guard !active.isEmpty else { return plan }
        rotation = (rotation + 1) % active.count
        for index in active.indices {
            let slot = active[(index + rotation) % active.count]
            let expired = slot.queue.expired(at: now)
            guard expired.isEmpty else {
                // They have to go before anything behind them.
                plan.expired += expired
                plan.wake(at: now)
                continue
            }
            if let expiry = slot.queue.nextExpiry, expiry > now { plan.wake(at: expiry) }
            switch slot.queue.demand(at: now, isUrgent: isUrgent, producer: producer) {
            case .nothing: continue
            case .wait(let instant): plan.wake(at: instant)
            case .producerID(let insteadOf): plan.needsProducerID = insteadOf
            case .send:
                guard let broker = leader(slot.queue.partition) else {
                    plan.topicsWithoutLeader.insert(slot.queue.partition.topic)
                    continue
                }
                plan.wantedBrokers.insert(broker)
                guard hasRoom(broker), bytes[broker, default: 0] < configuration.maximumRequestBytes,
                    let batch = slot.queue.take(producer: producer)
                else { continue }
                bytes[broker, default: 0] += batch.byteCount
                plan.requests[broker, default: []].append(batch)
            }
        }
        return plan
    }

    /// Starts the next producer identity, unless another task was faster.
    mutating func begin(_ identity: ProducerIdentity, insteadOf old: ProducerID) {
        if producer.id == old { producer = identity }
    }

    // MARK: Settling

    /// A batch that is done with, and how it ended; for its delivery, outside of the lock.
    struct Settlement: Sendable {
        let delivery: BatchDelivery
        let outcome: BatchDelivery.Outcome
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
            return [Settlement(delivery: batch.delivery, outcome: .success(placement))]
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
            release(next)
            if next.hasUnawaitedRecords, unobservedFailure == nil { unobservedFailure = reason }
            settled.append(Settlement(delivery: next.delivery, outcome: .failure(reason)))
        }
        return settled
    }

    private mutating func release(_ batch: ProducerBatch) {
        buffer.release(batch.accountedBytes)
        batch.accountedBytes = 0
    }

    /// All that is not settled.
    var batches: [ProducerBatch] { active.flatMap(\.queue.batches) }
}
