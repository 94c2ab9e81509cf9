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
        /// - Parameters:
        ///   - index: The record's place in the batch.
        ///   - wakesSender: The sender has something new to do, or to wait for.
        case appended(batch: BatchDelivery, index: Int32, wakesSender: Bool)
        case needsTopic
        /// The record names a partition that the topic does not have, or not yet as far as we know.
        case needsPartition(MartletError)
        case needsSpace(byteCount: Int)
        case refused(MartletError)
    }

    private(set) var configuration: ProducerConfiguration
    let limits: PartitionQueue.Limits
    /// Nil for the default, which is then called without detour.
    private let customPartitioner: (any Partitioner)?
    /// The partitioner does not mind which partition a record gets.
    private let avoidsUnavailable: Bool
    private let retry: RetryConfiguration
    /// Largest record that is taken.
    private let largestRecord: Int
    private(set) var topics: [TopicName: TopicQueues] = [:]
    private var last: TopicQueues?
    /// Brokers to which no connection could be made the last time.
    var unreachable: Set<BrokerID> = []
    /// Partitions with something in them, in no particular order; each drain begins at another.
    var active: [PartitionSlot] = []
    var rotation = 0

    var buffer: BufferAccount
    /// Memory of batches that are done, for the next ones: new pages cost more than all else about a batch.
    private let pool: BlockPool
    var producer = ProducerIdentity.none
    /// Nil for a producer without transactions.
    var transaction: TransactionMachine?
    /// Flushes under way: while there are any, nothing lingers.
    var flushing = 0
    /// Set by `close` or by the end of `run`; nothing is taken any more.
    var closed: MartletError?
    /// Nothing is sent any more either.
    var isEnded = false
    /// The first failure of a record that nobody waited for, until a flush tells of it.
    var unobservedFailure: MartletError?
    var random: any RandomNumberGenerator & Sendable

    private static let pooledBatches = 16

    init(
        _ configuration: ProducerConfiguration, retry: RetryConfiguration,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.configuration = configuration
        self.retry = retry
        let isDefault = configuration.partitioner is DefaultPartitioner
        customPartitioner = isDefault ? nil : configuration.partitioner
        avoidsUnavailable = configuration.partitioner is RoundRobinPartitioner
        self.random = random
        buffer = BufferAccount(capacity: configuration.bufferBytes)
        pool = BlockPool(
            capacity: min(configuration.bufferBytes / 2, configuration.batchBytes * Self.pooledBatches))
        largestRecord = min(configuration.maximumRecordBytes, configuration.bufferBytes)
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
    /// - Parameters:
    ///   - clock: Asked only when the record begins a batch.
    ///   - reserved: Bytes that the caller has been granted by `buffer` after a wait.
    mutating func append(
        _ record: borrowing ProducerRecord, clock: () -> Instant, timestamp: Timestamp, isAwaited: Bool,
        reserved: Int
    ) -> AppendResult {
        var wakesSender = false
        var obstacle: AppendResult?
        let batch = place(
            record, clock: clock, timestamp: timestamp, isAwaited: isAwaited, reserved: reserved,
            wakesSender: &wakesSender, obstacle: &obstacle)
        guard let batch else { return obstacle ?? .needsTopic }
        return .appended(
            batch: batch.delivery, index: Int32(batch.recordCount - 1), wakesSender: wakesSender)
    }

    /// The path of each record. What is not of every day is left to functions of its own.
    ///
    /// - Returns: The batch, of which the record is the last; or nil, and the obstacle.
    @inline(__always)
    mutating func place(
        _ record: borrowing ProducerRecord, clock: () -> Instant, timestamp: Timestamp, isAwaited: Bool,
        reserved: Int, wakesSender: inout Bool, obstacle: inout AppendResult?
    ) -> ProducerBatch? {
        if closed != nil || transaction != nil, let refusal {
            obstacle = .refused(refusal)
            return nil
        }
        guard let topic = queues(of: record.topic) else {
            obstacle = .needsTopic
            return nil
        }
        let byteCount = RecordBatchBuilder.maximumByteCount(
            key: record.key?.count, value: record.value?.count, headers: record.headers)
        guard byteCount <= largestRecord else {
            obstacle = .refused(tooLarge(byteCount))
            return nil
        }
        let index = choosePartition(of: topic, for: record, byteCount: byteCount)
        guard index >= 0, index < topic.partitions.count else {
            obstacle = astray(index, of: topic, isNamed: record.partition != nil)
            return nil
        }
        if byteCount > reserved {
            guard buffer.take(byteCount - reserved) else {
                obstacle = .needsSpace(byteCount: byteCount)
                return nil
            }
        } else if byteCount < reserved {
            buffer.release(reserved - byteCount)
        }
        let slot = topic.partitions[Int(index)]
        let batchBytes = slot.queue.batchBytes
        let batch: ProducerBatch
        if let open = slot.queue.open, open.byteCount + byteCount <= batchBytes {
            batch = open
        } else {
            batch = openBatch(of: slot, byteCount: byteCount, at: clock())
            wakesSender = true
        }
        do {
            try batch.append(record, timestamp: timestamp)
        } catch {
            // What was reserved stays the caller's.
            buffer.release(byteCount - min(reserved, byteCount))
            obstacle = .refused(
                MartletError(.invalidArgument, "the record cannot be encoded: \(error)", underlying: error))
            return nil
        }
        batch.accountedBytes += byteCount
        if batch.byteCount >= batchBytes { wakesSender = true }
        if isAwaited {
            if !batch.isAwaited { wakesSender = true }
            batch.isAwaited = true
        } else {
            batch.hasUnawaitedRecords = true
        }
        return batch
    }

    private var refusal: MartletError? { closed ?? transaction?.refusal }

    /// Seals the batch that is full, and begins the next.
    @inline(never)
    private mutating func openBatch(
        of slot: PartitionSlot, byteCount: Int, at now: Instant
    ) -> ProducerBatch {
        if let open = slot.queue.open { slot.lastBatchBytes = open.byteCount }
        // As large as the last one was, so that a partition with little traffic takes little memory.
        let capacity = min(
            max(slot.lastBatchBytes, byteCount + BatchHeader.byteCount), configuration.batchBytes * 2)
        let batch = ProducerBatch(
            partition: slot.queue.partition, place: slot.queue.nextPlace(), createdAt: now,
            capacity: capacity, backoff: Backoff(retry), pool: pool)
        slot.queue.begin(batch)
        activate(slot)
        return batch
    }

    private func astray(_ index: PartitionIndex, of topic: TopicQueues, isNamed: Bool) -> AppendResult {
        let error = MartletError.noSuchPartition(
            index, of: topic.name, count: Int32(topic.partitions.count), isNamed: isNamed)
        return isNamed ? .needsPartition(error) : .refused(error)
    }

    /// The part of `append` that is not worth its place there.
    @inline(never)
    private func tooLarge(_ byteCount: Int) -> MartletError {
        configuration.maximumRecordBytes <= buffer.capacity
            ? .recordTooLarge(
                byteCount: byteCount, limit: configuration.maximumRecordBytes, name: "maximumRecordBytes")
            : .recordTooLarge(byteCount: byteCount, limit: buffer.capacity, name: "bufferBytes")
    }

    @inline(__always)
    private mutating func queues(of name: TopicName) -> TopicQueues? {
        if let last, last.name == name { return last }
        guard let topic = topics[name] else { return nil }
        last = topic
        return topic
    }

    /// - Returns: A partition that may not exist.
    @inline(__always)
    private mutating func choosePartition(
        of topic: TopicQueues, for record: borrowing ProducerRecord, byteCount: Int
    ) -> PartitionIndex {
        if let named = record.partition { return named }
        let count = Int32(topic.partitions.count)
        let chosen =
            if let customPartitioner {
                customPartitioner.partition(topic: topic.name, key: record.key, partitionCount: count)
            } else {
                DefaultPartitioner().partition(topic: topic.name, key: record.key, partitionCount: count)
            }
        guard let chosen else {
            return topic.stickyPartition(
                for: byteCount, switchingAfter: configuration.batchBytes, using: &random)
        }
        return avoidsUnavailable ? topic.available(from: chosen) : chosen
    }

    // MARK: Topics

    /// Takes the number of partitions of a topic from the metadata; partitions are only ever added.
    ///
    /// - Parameter isAvailable: Whether a partition has a leader that can be reached.
    mutating func update(
        _ name: TopicName, partitionCount: Int, isAvailable: (PartitionIndex) -> Bool = { _ in true }
    ) {
        let topic = topics[name] ?? TopicQueues(name: name)
        topics[name] = topic
        while topic.partitions.count < partitionCount {
            let partition = TopicPartition(name, PartitionIndex(topic.partitions.count))
            topic.partitions.append(
                PartitionSlot(queue: PartitionQueue(partition: partition, limits: limits)))
        }
        for (index, slot) in topic.partitions.enumerated() {
            slot.isAvailable = isAvailable(PartitionIndex(index))
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
