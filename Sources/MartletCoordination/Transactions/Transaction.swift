internal import MartletCore

/// Where a transactional id stands, and how each step changes it.
///
/// There are up to three producers in it, each an id with an epoch: the one whose records the transaction
/// has, the one that the client is to use next, and the one that the client used before, by which a request
/// that comes twice is known. Mostly the first two are the same.
struct Transaction: Equatable {
    /// Whose records the transaction has; of the markers, once it is prepared.
    var producer: TransactionalProducer
    /// What the client has been given, where that is not `producer`: while markers with the last epoch of an
    /// exhausted id are written, and for a transaction that was left to a new incarnation (KIP-939).
    var next: TransactionalProducer?
    /// What the client had before; nil if whoever has that is fenced.
    var previous: TransactionalProducer?
    var timeoutMs: Int32
    var status = TransactionStatus.empty
    var partitions: Set<TopicPartition> = []
    /// When the last transaction began.
    var startTimestamp = Timestamp.none
    var lastUpdateTimestamp: Timestamp
    var clientTransactionVersion: Int16 = 0

    init(_ producer: TransactionalProducer, timeoutMs: Int32, now: Timestamp) {
        self.producer = producer
        self.timeoutMs = timeoutMs
        lastUpdateTimestamp = now
    }

    /// The one id and epoch that requests may bear.
    var client: TransactionalProducer { next ?? producer }

    /// Whether another incarnation is to decide about the transaction of an earlier one.
    var isHandedOver: Bool { status == .ongoing && next != nil }

    /// Whether it was, or is being, ended with an epoch of its own.
    var isEpochBumped: Bool { clientTransactionVersion >= 2 }

    /// When it is aborted if nothing else happens; nil if never.
    var timeout: Timestamp? {
        status == .ongoing && timeoutMs != .max ? startTimestamp + Int64(timeoutMs) : nil
    }

    // MARK: Who asks

    enum Relation {
        case current
        /// The client of now, before it heard of its latest epoch.
        case previous
        case fenced
        case unknown
    }

    func relation(of asker: TransactionalProducer) -> Relation {
        if asker == client { return .current }
        if asker == previous { return .previous }
        return [client.id, producer.id, previous?.id].contains(asker.id) ? .fenced : .unknown
    }

    // MARK: Steps

    /// The client gets an id or epoch, and has no transaction.
    mutating func begin(_ new: TransactionalProducer, isFence: Bool, timeoutMs: Int32, now: Timestamp) {
        previous = isFence ? nil : client
        producer = new
        next = nil
        status = .empty
        partitions = []
        startTimestamp = .none
        lastUpdateTimestamp = now
        self.timeoutMs = timeoutMs
    }

    /// The client gets an id or epoch, and may end the transaction that there is.
    mutating func handOver(to new: TransactionalProducer, isFence: Bool, now: Timestamp) {
        previous = isFence ? nil : client
        next = new
        lastUpdateTimestamp = now
    }

    mutating func add(_ more: some Sequence<TopicPartition>, clientVersion: Int16, now: Timestamp) {
        if status != .ongoing { startTimestamp = now }
        status = .ongoing
        partitions.formUnion(more)
        lastUpdateTimestamp = now
        clientTransactionVersion = clientVersion
    }

    /// How the client goes on after its transaction has ended.
    struct Bump {
        var next: TransactionalProducer
        /// Whether who had the epoch before is fenced.
        var isFence: Bool
    }

    /// Decides. Without a bump the client keeps its epoch, as in version 1 of the protocol.
    mutating func prepare(isCommit: Bool, _ bump: Bump?, now: Timestamp) {
        if let bump {
            previous = bump.isFence ? nil : client
            producer.epoch = producer.epoch.successor
            next = bump.next == producer ? nil : bump.next
        }
        clientTransactionVersion = bump == nil ? 0 : 2
        if status != .ongoing { startTimestamp = now }
        status = .prepared(isCommit)
        lastUpdateTimestamp = now
    }

    /// All markers are down.
    mutating func complete(now: Timestamp) {
        guard let isCommit = status.isCommit else { return }
        status = .complete(isCommit)
        producer = client
        next = nil
        partitions = []
        lastUpdateTimestamp = now
    }
}

extension TransactionalProducer {
    /// The last epoch is for fencing alone, so that a client can always be fenced.
    var isExhausted: Bool { epoch.rawValue >= .max - 1 }
}

extension ProducerEpoch {
    fileprivate static let first = ProducerEpoch(rawValue: 0)

    var successor: ProducerEpoch { ProducerEpoch(rawValue: rawValue == .max ? .max : rawValue + 1) }
}

extension TransactionalProducer {
    /// The first of a new id.
    init(first id: ProducerID) { self.init(id: id, epoch: .first) }
}
