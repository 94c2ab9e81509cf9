public import MartletCore
public import MartletRecords

/// How a producer batches, compresses, retries and waits.
public struct ProducerConfiguration: Sendable {
    /// Which replicas must have a record before it counts as delivered.
    public var acks = Acks.all
    /// Lets the broker recognise a batch that is sent again, so that retries neither duplicate nor reorder
    /// records. Takes effect with `acks == .all` only, as it has no meaning without.
    public var isIdempotent = true
    public var compression = Compression.none
    /// The codec's own scale; nil for its default.
    public var compressionLevel: Int32?
    /// A batch of this many bytes, before compression, is sent without waiting for more.
    ///
    /// Where the topic takes less, a batch that it refuses is split and sent again, and the next ones are
    /// smaller.
    public var batchBytes = 512 << 10
    /// Largest record, as it stands in a batch before compression. Larger ones are refused when they are
    /// sent, before they cost anything.
    ///
    /// Brokers have a limit of their own, `max.message.bytes` of the topic, which counts compressed bytes and
    /// is 1 MiB if nobody has changed it: to send larger records, raise both.
    public var maximumRecordBytes = 1 << 20
    /// Longest wait of an enqueued record for company in its batch.
    ///
    /// A record whose delivery a task awaits does not wait while nothing else of its partition is under way,
    /// so sending one by one costs a round trip and not a round trip and the linger.
    public var linger = Duration.milliseconds(5)
    /// Bytes of records not yet acknowledged; beyond it, sending suspends.
    public var bufferBytes = 64 << 20
    /// Largest request: several batches for one broker share one up to this size.
    public var maximumRequestBytes = 1 << 20
    /// Requests per broker sent and not yet answered, from 1 to 5.
    public var maximumInFlight = 5
    /// How long to try before a record counts as failed (KIP-91): from the moment it is taken into the
    /// buffer, with all waiting, sending and sending again. In a transaction a request that is under way then
    /// is waited for, up to the client's `requestTimeout` longer.
    public var deliveryTimeout = Duration.seconds(120)
    /// Chooses the partition of a record that names none: `DefaultPartitioner`, `StickyPartitioner`,
    /// `RoundRobinPartitioner`, `ConsistentRandomPartitioner`, or one of your own.
    public var partitioner: any Partitioner = DefaultPartitioner()
    /// Makes the producer transactional: its records go in transactions, and no other producer with the same
    /// id goes on beside it. Choose one that stays the same when the service starts again, so that what was
    /// left open then is aborted at once.
    public var transactionalID: TransactionalID?
    /// How long a transaction may be open before the broker aborts it. The next one may follow, unless the
    /// cluster has only version 1 of transactions: there the producer is then taken for a zombie, and fenced.
    public var transactionTimeout = Duration.seconds(60)
    /// Whether a topic that does not exist is asked for in a way that lets the broker create it, if it is so
    /// configured.
    public var allowsTopicCreation = true

    public init() {}
}

/// Which replicas must have a record before the broker acknowledges it.
public enum Acks: Int16, Sendable, CaseIterable {
    /// None: the broker does not answer at all, so neither loss nor offset is known.
    case none = 0
    /// The leader, in its memory.
    case leader = 1
    /// All in-sync replicas, durably where the topic is so configured.
    case all = -1
}

extension ProducerConfiguration {
    var usesIdempotence: Bool { isIdempotent && acks == .all }

    func validate() throws(MartletError) {
        func demand(_ holds: Bool, _ message: String) throws(MartletError) {
            if !holds { throw MartletError(.invalidConfiguration, message) }
        }
        try demand(
            (1...5).contains(maximumInFlight),
            "maximumInFlight must be from 1 to 5, as brokers keep 5 batches")
        try demand(batchBytes > 0, "batchBytes must be positive")
        try demand(maximumRecordBytes > 0, "maximumRecordBytes must be positive")
        try demand(maximumRequestBytes > 0, "maximumRequestBytes must be positive")
        try demand(bufferBytes >= batchBytes, "bufferBytes must hold at least one batch of batchBytes")
        try demand(linger >= .zero, "linger cannot be negative")
        try demand(deliveryTimeout > linger, "deliveryTimeout must be longer than linger")
        guard let transactionalID else { return }
        try demand(!transactionalID.rawValue.isEmpty, "a transactional id cannot be empty")
        try demand(
            usesIdempotence, "a transactional producer needs isIdempotent, and acks == .all, to keep its word"
        )
        try demand(
            transactionTimeout > .zero && transactionTimeout.milliseconds <= Int64(Int32.max),
            "transactionTimeout must be from 1 ms to 24 days")
    }
}
