package import MartletCore

/// Why a batch of an idempotent producer is refused.
package enum ProducerSequenceError: Error, Hashable, Sendable {
    /// Batches are missing before this one, or it is an old one whose answer is no longer known.
    case outOfOrder(ProducerID, expected: Int32, found: Int32)
    /// A newer incarnation of the producer has written already.
    case staleEpoch(ProducerID, found: ProducerEpoch, current: ProducerEpoch)
}

extension ProducerSequenceError {
    package var errorCode: ErrorCode {
        switch self {
        case .outOfOrder: .outOfOrderSequenceNumber
        case .staleEpoch: .invalidProducerEpoch
        }
    }
}

extension ProducerSequenceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outOfOrder(let producer, let expected, let found):
            "producer \(producer) sent sequence \(found) where \(expected) was due"
        case .staleEpoch(let producer, let found, let current):
            "producer \(producer) speaks for epoch \(found), which epoch \(current) has replaced"
        }
    }
}
