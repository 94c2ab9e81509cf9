internal import MartletCore
internal import MartletWire

/// What is under way for a transaction that is prepared. Forgotten with the coordinator.
struct TransactionEnding {
    /// Partitions whose markers are not known to be down.
    var remaining: Set<TopicPartition>
    var attempts = 0
    /// nil between attempts.
    var errand: ErrandTicket?
    var waiters: [Waiter] = []

    struct Waiter {
        var request: Request
        var call: Call
        var patience: Timestamp
    }

    enum Request {
        /// The client asked for this outcome.
        case outcome(EndTxnRequest)
        /// To be looked at again when the transaction has ended.
        case end(EndTxnRequest)
        case initProducerID(InitProducerIDRequest)
    }

    /// A client has one request of a kind under way; more are of clients that gave up and came again.
    static let maximumWaiters = 32
}
