internal import MartletCore

extension TransactionMachine {
    /// How partitions become part of a transaction, and what the end of one means for the epoch (KIP-890).
    enum Version: Int16, Sendable {
        /// The producer adds partitions and groups before it writes. The epoch stays.
        case explicit = 1
        /// The first write adds a partition. Each transaction has an epoch of its own, so that whatever of an
        /// old one is still under way fits no later one.
        case implicit = 2
    }

    enum Phase: Sendable {
        case uninitialized
        case initializing
        case ready
        case open
        /// Takes no more records; those it has are on their way, or are being given up.
        case closing(isCommit: Bool)
        /// The coordinator has been told.
        case ending(isCommit: Bool)
        /// To be aborted.
        case broken(MartletError)
        /// The coordinator has been told to commit, and has not answered.
        case undecided(MartletError)
        case fatal(MartletError)
    }

    /// What ends the transaction, once nothing of it is under way any more.
    enum Ending: Equatable {
        /// The coordinator knows of no transaction.
        case nothing
        case end(ProducerIdentity)
        /// A new identity aborts the transaction, and fences what may still be under way.
        case renew(ProducerIdentity)
    }
}

extension TransactionMachine.Phase {
    /// What the producer is doing, in the words of a message.
    var name: String {
        switch self {
        case .uninitialized: "not initialised"
        case .initializing: "being initialised"
        case .ready: "in no transaction"
        case .open: "in a transaction"
        case .closing(isCommit: true), .ending(isCommit: true), .undecided: "committing a transaction"
        case .closing, .ending: "aborting a transaction"
        case .broken: "in a transaction that has failed"
        case .fatal: "at its end"
        }
    }
}
