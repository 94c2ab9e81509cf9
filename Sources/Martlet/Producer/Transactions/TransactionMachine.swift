internal import MartletCore

/// What a transactional producer may do at the moment: a state machine without I/O and without a clock. It
/// lives in the accumulator, under the producer's lock, since it decides over every record.
///
///     uninitialized ─► initializing ─► ready ─► open ─► closing ─► ending ─► ready
///                                                │         │         │
///                                                └─► broken ◄────────┘
///
/// A failure makes an open transaction broken: nothing more goes into it, and it can only be aborted. When a
/// commit gets no answer, the transaction is undecided until the coordinator says how it ended. A fatal error
/// is the end of the producer.
struct TransactionMachine: Sendable {
    private(set) var phase = Phase.uninitialized
    private(set) var version = Version.implicit
    private(set) var identity = ProducerIdentity.none
    /// Counts transactions.
    private(set) var number = 0
    /// Partitions that the coordinator knows to be part of the transaction. Explicit transactions only.
    private var partitions: Set<TopicPartition> = []
    /// Something was sent by which the coordinator has come to know of the transaction, or may have.
    private var isStarted = false
    /// The coordinator knows of the transaction.
    private var isConfirmed = false
    /// A batch that has its place in the sequence was given up: with this epoch there is no going on.
    private var hasGap = false
    /// The coordinator does not know the identity any more.
    private var isForgotten = false

    // MARK: Beginning

    /// - Throws: If it is not the time for it.
    mutating func beginInitialization() throws(MartletError) {
        switch phase {
        case .uninitialized, .undecided: phase = .initializing
        default: throw misuse("transactions are initialised once, before the first")
        }
    }

    mutating func didInitialize(_ identity: ProducerIdentity, version: Version) {
        self.identity = identity
        self.version = version
        reset()
        phase = .ready
    }

    mutating func didFailToInitialize(_ error: MartletError) {
        phase = error.isFatalToProducer ? .fatal(error) : .uninitialized
    }

    mutating func begin() throws(MartletError) {
        guard case .ready = phase else {
            throw misuse("a transaction begins after initTransactions, and after the last one has ended")
        }
        reset()
        number += 1
        phase = .open
    }

    private mutating func reset() {
        partitions = []
        isStarted = false
        isConfirmed = false
        hasGap = false
        isForgotten = false
    }

    // MARK: In the transaction

    /// Why records and offsets are not taken now; nil if they are.
    var refusal: MartletError? {
        if case .open = phase { return nil }
        return misuse("records and offsets are sent within a transaction")
    }

    /// Why batches are not sent any more; nil if they are.
    var abandonment: MartletError? {
        switch phase {
        case .open, .closing(isCommit: true), .ending(isCommit: true): nil
        case .broken(let error), .fatal(let error): error
        default: .transactionAborted
        }
    }

    /// Whether a partition has to be added before anything is written to it.
    func mustAdd(_ partition: TopicPartition) -> Bool {
        version == .explicit && !partitions.contains(partition)
    }

    /// Something is about to be sent that may open the transaction at the coordinator.
    mutating func willSend() { isStarted = true }

    /// The coordinator knows these partitions to be part of the transaction.
    ///
    /// - Parameter number: The transaction that it was about.
    mutating func didAdd(_ added: some Sequence<TopicPartition>, to number: Int) {
        guard number == self.number else { return }
        partitions.formUnion(added)
        isConfirmed = true
    }

    /// The coordinator knows of the transaction.
    mutating func didConfirm(_ number: Int) {
        if number == self.number { isConfirmed = true }
    }

    /// A batch is given up.
    ///
    /// - Parameter hadSequence: It was sent, so that the partition may miss it.
    mutating func didGiveUpBatch(because error: MartletError, hadSequence: Bool) {
        if hadSequence { hasGap = true }
        didFail(error)
    }

    /// Something of the transaction failed.
    mutating func didFail(_ error: MartletError) {
        if error.code == .broker(.invalidProducerIDMapping) || error.code == .broker(.unknownProducerID) {
            isForgotten = true
        }
        switch phase {
        case .fatal: break
        case _ where error.isFatalToProducer: phase = .fatal(error)
        case .open, .closing(isCommit: true): phase = .broken(error)
        default: break
        }
    }

    // MARK: Ending

    /// Takes no more records, and lets those under way arrive.
    mutating func beginCommit() throws(MartletError) {
        switch phase {
        case .open: phase = .closing(isCommit: true)
        // Asks the coordinator again.
        case .undecided: break
        default: throw misuse("there is no open transaction to commit")
        }
    }

    /// All records have arrived.
    ///
    /// - Throws: Why it cannot be committed.
    mutating func commit() throws(MartletError) -> Ending {
        switch phase {
        case .closing(isCommit: true) where !isStarted:
            phase = .ready
            return .nothing
        case .closing(isCommit: true), .undecided:
            phase = .ending(isCommit: true)
            return .end(identity)
        default: throw misuse("there is no open transaction to commit")
        }
    }

    /// Takes no more records, and gives up those under way.
    mutating func beginAbort() throws(MartletError) {
        switch phase {
        case .open, .broken, .closing(isCommit: true): phase = .closing(isCommit: false)
        default: throw misuse("there is no open transaction to abort")
        }
    }

    /// Nothing is under way any more.
    mutating func abort() throws(MartletError) -> Ending {
        guard case .closing(isCommit: false) = phase else {
            throw misuse("there is no open transaction to abort")
        }
        phase = .ending(isCommit: false)
        if isForgotten { return .renew(.none) }
        switch version {
        case .implicit:
            if isStarted { return .end(identity) }
        case .explicit:
            if isConfirmed { return .end(identity) }
            if isStarted || hasGap { return .renew(identity) }
        }
        phase = .ready
        return .nothing
    }

    /// The coordinator has ended the transaction.
    ///
    /// - Parameter next: The identity for the next one, if the coordinator has given one.
    /// - Returns: What is left to do before the next transaction.
    mutating func didEnd(next: ProducerIdentity?) -> Ending {
        guard case .ending = phase else { return .nothing }
        if let next, next.id != .none { identity = next }
        if version == .explicit, hasGap {
            hasGap = false
            return .renew(identity)
        }
        phase = .ready
        return .nothing
    }

    /// A new identity has been given, which aborts what the old one left open.
    mutating func didRenew(_ identity: ProducerIdentity) {
        guard case .ending = phase else { return }
        self.identity = identity
        phase = .ready
    }

    /// What was under way did not come to an end, so that the coordinator could not be told.
    mutating func didFailToAbort(_ error: MartletError) {
        if case .closing(isCommit: false) = phase { phase = .broken(error) }
    }

    mutating func didFailToEnd(_ error: MartletError) {
        guard case .ending(let isCommit) = phase else { return }
        if error.isFatalToProducer {
            phase = .fatal(error)
        } else if isCommit, error.code.brokerError != .transactionAbortable {
            phase = .undecided(error)
        } else {
            // To abort once more does no harm, with a new identity if need be.
            if version == .explicit { hasGap = true }
            phase = .broken(error)
        }
    }

    // MARK: Errors

    private func misuse(_ rule: String) -> MartletError {
        switch phase {
        case .fatal(let error): error
        case .broken(let error):
            MartletError(
                error.code, "the transaction has failed and must be aborted: \(error.message)",
                underlying: error, isRetriable: error.isRetriable)
        case .undecided(let error): error
        default: MartletError(.invalidArgument, "\(rule); the producer is \(phase.name)")
        }
    }
}
