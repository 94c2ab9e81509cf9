package import MartletCore

/// Why what an idempotent producer sends, or a marker that ends its transaction, is refused.
package enum ProducerError: Error, Hashable, Sendable {
    /// Batches are missing before this one, or it is an old one whose answer is no longer known.
    case outOfOrder(ProducerID, expected: Int32, found: Int32)
    /// A newer incarnation of the producer has written already, or its transaction has ended.
    case staleEpoch(ProducerID, found: ProducerEpoch, current: ProducerEpoch)
    /// The batch would open a transaction of which nobody has made sure that it is still going on.
    case unverifiedTransaction(ProducerID)
    /// The batch is not transactional, while a transaction of its producer is open.
    case openTransaction(ProducerID)
    /// A newer coordinator has ended a transaction of the producer already.
    case coordinatorFenced(ProducerID, found: Int32, current: Int32)
}

extension ProducerError {
    package var errorCode: ErrorCode {
        switch self {
        case .outOfOrder: .outOfOrderSequenceNumber
        case .staleEpoch: .invalidProducerEpoch
        case .unverifiedTransaction, .openTransaction: .invalidTxnState
        case .coordinatorFenced: .transactionCoordinatorFenced
        }
    }
}

extension ProducerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outOfOrder(let producer, let expected, let found):
            "producer \(producer) sent sequence \(found) where \(expected) was due"
        case .staleEpoch(let producer, let found, let current):
            "producer \(producer) speaks for epoch \(found), which epoch \(current) has replaced"
        case .unverifiedTransaction(let producer):
            "producer \(producer) sent a transactional batch that belongs to no transaction under way"
        case .openTransaction(let producer):
            "producer \(producer) sent a batch outside of its transaction, which is open"
        case .coordinatorFenced(let producer, let found, let current):
            "a coordinator of epoch \(found) ends a transaction of producer \(producer), "
                + "for which epoch \(current) has spoken"
        }
    }
}
