public import MartletCore

/// Where a transaction stands, in Kafka's words.
public struct TransactionState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// The producer has come, and has not written anything yet.
    public static let empty = TransactionState(rawValue: "Empty")
    /// Open: the producer writes.
    public static let ongoing = TransactionState(rawValue: "Ongoing")
    /// To be committed, as soon as all its partitions know.
    public static let prepareCommit = TransactionState(rawValue: "PrepareCommit")
    /// To be aborted, as soon as all its partitions know.
    public static let prepareAbort = TransactionState(rawValue: "PrepareAbort")
    /// The last one was committed.
    public static let completeCommit = TransactionState(rawValue: "CompleteCommit")
    /// The last one was aborted.
    public static let completeAbort = TransactionState(rawValue: "CompleteAbort")
    /// About to be aborted, because its time was up or another producer came.
    public static let prepareEpochFence = TransactionState(rawValue: "PrepareEpochFence")
    /// About to be forgotten, since it was not used for long.
    public static let dead = TransactionState(rawValue: "Dead")

    public var description: String { rawValue }
}

/// A transactional id as its coordinator lists it.
public struct ListedTransaction: Hashable, Sendable {
    public var id: TransactionalID
    public var state: TransactionState
    public var producerID: ProducerID
    /// The broker that takes care of it.
    public var coordinator: BrokerID
}

/// Which transactional ids to list. What is empty or nil lets all pass.
public struct TransactionFilter: Hashable, Sendable {
    public var states: Set<TransactionState> = []
    public var producerIDs: Set<ProducerID> = []
    /// Only transactions that have been open for longer.
    public var openFor: Duration?
    /// Only ids that match as a whole, in RE2 syntax.
    public var pattern: String?

    public init() {}

    /// First version of ListTransactions that knows all that the filter needs.
    var lowestVersion: Int16 { pattern != nil ? 2 : openFor != nil ? 1 : 0 }
}

/// A transactional id and its transaction, as its coordinator knows them.
public struct TransactionDescription: Hashable, Sendable {
    public var id: TransactionalID
    public var state: TransactionState
    public var producerID: ProducerID
    public var producerEpoch: ProducerEpoch
    /// A transaction that is open for longer is aborted.
    public var timeout: Duration
    /// When the transaction was opened. Nil if none is open.
    public var startTime: Timestamp?
    /// Partitions that are part of the transaction, and do not know yet how it ended; in order.
    public var partitions: [TopicPartition]
    /// The broker that takes care of it.
    public var coordinator: BrokerID
}

/// A producer as a partition remembers it.
public struct ProducerDescription: Hashable, Sendable {
    public var id: ProducerID
    public var epoch: ProducerEpoch
    /// Of the last record that it wrote. Nil if only the end of a transaction is remembered.
    public var lastSequence: Int32?
    /// Of its last batch.
    public var lastTimestamp: Timestamp?
    /// Of the coordinator that ended its last transaction here. Nil if none did.
    public var coordinatorEpoch: Int32?
    /// Where its open transaction begins. Nil if none is open.
    public var transactionStart: Offset?
}

/// A transaction that is open in a partition: readers of committed records wait in front of it.
public struct OpenTransaction: Hashable, Sendable {
    public var partition: TopicPartition
    /// Of its first record.
    public var start: Offset
    public var producer: ProducerDescription
    /// Nil if no coordinator knows the producer.
    public var id: TransactionalID?

    /// - Returns: Nil if the producer has no transaction open there.
    init?(_ producer: ProducerDescription, in partition: TopicPartition) {
        guard let start = producer.transactionStart else { return nil }
        self.partition = partition
        self.start = start
        self.producer = producer
    }
}

/// The identity that a transactional id has now. Whoever used it before is fenced.
public struct FencedProducer: Hashable, Sendable {
    public var producerID: ProducerID
    public var producerEpoch: ProducerEpoch
}
