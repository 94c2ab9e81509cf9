internal import DequeModule
internal import MartletCore
internal import MartletRecords

/// All that a producer holds: the queues of its partitions, the account of its buffer, and who waits for
/// what.
///
/// A state machine without I/O and without a clock. Lives under the producer's lock, so everything in here is
/// short.
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
    let limits: PartitionQueue.Limits
    /// Nil for the default, which is then called without detour.
    private let customPartitioner: (any Partitioner)?
    private let retry: RetryConfiguration
    private(set) var topics: [TopicName: TopicQueues] = [:]
    private var last: TopicQueues?
    /// Partitions with something in them, in no particular order; each drain begins at another.
    var active: [PartitionSlot] = []
    var rotation = 0

    var buffer: BufferAccount
    var producer = ProducerIdentity.none
    /// Nil for a producer without transactions.
    var transaction: TransactionMachine?
    /// Flushes under way: while there are any, nothing lingers.
    var flushing = 0
    /// Set by `close` or by the end of `run`; nothing is taken any more.
    var closed: MartletError?
    /// The first failure of a record that nobody waited for, until a flush tells of it.
    var unobservedFailure: MartletError?
    var random: any RandomNumberGenerator & Sendable

    init(
        _ configuration: ProducerConfiguration, retry: RetryConfiguration,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.configuration = configuration
        self.retry = retry
        let isDefault = configuration.partitioner is DefaultPartitioner
        customPartitioner = isDefault ? nil : configuration.partitioner
        self.random = random
        buffer = BufferAccount(capacity: configuration.bufferBytes)
        limits = PartitionQueue.Limits(
            batchBytes: configuration.batchBytes, linger: configuration.linger,
            maximumInFlight: configuration.maximumInFlight, deliveryTimeout: configuration.deliveryTimeout,
            isIdempotent: configuration.usesIdempotence,
            isTransactional: configuration.transactionalID != nil
        )
        if configuration.transactionalID != nil { transaction = TransactionMachine() }
    }

    var isEmpty: Bool { active.isEmpty }
    var isUrgent: Bool { flushing > 0 || closed != nil || buffer.hasWaiters }

    // MARK: Enqueueing

    /// Adds a record to its batch, in constant time and mostly without allocation.
    ///
    /// - Parameter reserved: Bytes that the caller has been granted by `buffer` after a wait.
    mutating func append(
        _ record: borrowing ProducerRecord, at now: Instant, timestamp: Timestamp, isAwaited: Bool,
        reserved: Int
    ) -> AppendResult {
        if let closed { return .refused(closed) }
        if let refusal = transaction?.refusal { return .refused(refusal) }
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
        var wanted = record.partition
        if wanted == nil {
            wanted =
                if let customPartitioner {
                    customPartitioner.partition(topic: topic.name, key: record.key, partitionCount: count)
                } else {
                    DefaultPartitioner().partition(topic: topic.name, key: record.key, partitionCount: count)
                }
        }
        let chosen =
            wanted
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

    mutating func activate(_ slot: PartitionSlot) {
        guard !slot.isActive else { return }
        slot.isActive = true
        active.append(slot)
    }

    /// All that is not settled.
    var batches: [ProducerBatch] { active.flatMap(\.queue.batches) }
}
