internal import MartletCore
internal import MartletRecords

/// The producer id of a partition's batches, and its epoch.
struct ProducerIdentity: Hashable, Sendable {
    var id: ProducerID
    var epoch: ProducerEpoch

    static let none = ProducerIdentity(id: .none, epoch: .none)
}

/// A batch on its way: records, what the broker is told about them, and what happened so far.
///
/// `@unchecked Sendable` holds because a batch has one owner at a time: the accumulator, under its lock,
/// until the batch is taken for sending; then the sender's task, which encodes it, until it is handed back
/// under the lock. What others need meanwhile (`delivery`, `partition`) is immutable. `accountedBytes`,
/// `isFateUnknown` and `isOverdue` are the accumulator's at all times, for its lock alone.
final class ProducerBatch: @unchecked Sendable {
    typealias Instant = ContinuousClock.Instant

    let partition: TopicPartition
    let delivery: BatchDelivery
    let createdAt: Instant
    /// Place in the order of the partition's batches.
    let place: Place

    private var builder: RecordBatchBuilder
    private(set) var encoded: (bytes: Bytes, identity: ProducerIdentity, baseSequence: Int32)?

    /// Set for the first sending, kept by each that follows, so that the broker knows it for the same batch.
    var identity = ProducerIdentity.none
    var baseSequence = BatchHeader.noSequence
    /// How often it was sent.
    var attempts = 0
    /// Whether an attempt ended without an answer, so that the broker may have the batch.
    var isFateUnknown = false
    /// Its time was up while it was under way, and those who wait for it have been told.
    var isOverdue = false
    var backoff: Backoff
    var retryAt: Instant?
    /// The last failure, to be told if no attempt succeeds.
    var lastError: MartletError?
    /// Somebody waits for one of the records: no lingering.
    var isAwaited = false
    /// Some records were enqueued without anybody waiting: `flush` tells of their failure.
    var hasUnawaitedRecords = false
    /// Bytes of the buffer that are given back when the batch is settled.
    var accountedBytes = 0
    private(set) var recordCount = 0

    init(
        partition: TopicPartition, place: Place, createdAt: Instant, capacity: Int, backoff: Backoff,
        pool: BlockPool
    ) {
        self.partition = partition
        self.place = place
        self.createdAt = createdAt
        self.backoff = backoff
        delivery = BatchDelivery(partition: partition)
        builder = RecordBatchBuilder(capacity: capacity, pool: pool)
    }

    /// A batch of records that have been in another.
    init(
        partition: TopicPartition, place: Place, createdAt: Instant, records: consuming RecordBatchBuilder,
        backoff: Backoff
    ) {
        self.partition = partition
        self.place = place
        self.createdAt = createdAt
        self.backoff = backoff
        delivery = BatchDelivery(partition: partition)
        recordCount = records.recordCount
        builder = records
    }

    var hasSequence: Bool { baseSequence != BatchHeader.noSequence }

    /// Bytes of the batch before compression.
    var byteCount: Int { encoded?.bytes.count ?? builder.estimatedByteCount }

    /// Appends a record.
    @inline(__always)
    func append(_ record: borrowing ProducerRecord, timestamp: Timestamp) throws(RecordError) {
        try builder.append(
            key: record.key, value: record.value, headers: record.headers, timestamp: timestamp)
        recordCount += 1
    }

    /// The batch as it goes to the broker: built at the first call, which compresses, and again only if the
    /// sequence has changed since.
    func encode(
        compression: Compression, level: Int32?, isTransactional: Bool = false
    ) throws(RecordError) -> Bytes {
        if let encoded {
            if encoded.identity == identity && encoded.baseSequence == baseSequence { return encoded.bytes }
            let bytes = BatchHeader.restamped(encoded.bytes, identity: identity, baseSequence: baseSequence)
            self.encoded = (bytes, identity, baseSequence)
            return bytes
        }
        var options = RecordBatchBuilder.Options()
        options.compression = compression
        options.compressionLevel = level
        options.producerID = identity.id
        options.producerEpoch = identity.epoch
        options.baseSequence = baseSequence
        options.isTransactional = isTransactional
        var filled = RecordBatchBuilder(capacity: 0)
        swap(&filled, &builder)
        let bytes = try filled.finish(options)
        encoded = (bytes, identity, baseSequence)
        return bytes
    }
}

extension ProducerBatch {
    /// A batch's place among those of its partition.
    struct Place: Hashable, Comparable, Sendable {
        /// Counts the batches that were filled.
        var ordinal: UInt64
        /// What a batch was split into shares its ordinal: the place of the first record in the whole.
        var firstRecord: Int32 = 0

        static func < (lhs: Place, rhs: Place) -> Bool {
            (lhs.ordinal, lhs.firstRecord) < (rhs.ordinal, rhs.firstRecord)
        }
    }
}

extension BatchHeader {
    /// A copy of a batch with another place in another producer's order. A copy, since the old bytes may
    /// still be on their way out.
    static func restamped(_ batch: Bytes, identity: ProducerIdentity, baseSequence: Int32) -> Bytes {
        let copy = batch.withUnsafeBytes { Bytes(copying: $0) }
        copy.withExclusiveMutableBytes { bytes in
            bytes.storeBytes(
                of: identity.id.rawValue.bigEndian, toByteOffset: Field.producerID, as: Int64.self)
            bytes.storeBytes(
                of: identity.epoch.rawValue.bigEndian, toByteOffset: Field.producerEpoch, as: Int16.self)
            bytes.storeBytes(of: baseSequence.bigEndian, toByteOffset: Field.baseSequence, as: Int32.self)
            let crc = BatchHeader.checksum(of: UnsafeRawBufferPointer(bytes))
            bytes.storeBytes(of: crc.bigEndian, toByteOffset: Field.crc, as: UInt32.self)
        }
        return copy
    }
}
