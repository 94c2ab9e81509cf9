public import MartletCore
internal import MartletRecords
internal import MartletTransport

/// What the client library throws: a code to switch on, a message that says what to do next.
///
/// Further codes may come in any release, so a `switch` over them needs a `default`.
public struct MartletError: Error, Sendable {
    public var code: Code
    /// What went wrong and what to do about it, in words for the reader of a log.
    public var message: String
    /// What lay below, if it came from elsewhere.
    public var underlying: (any Error)?
    /// Whether the same call may succeed later. The library has then already retried as long as its limits
    /// allow.
    public var isRetriable: Bool
    /// Whether a broker may have done all the same what was asked of it: it was asked, and nobody heard the
    /// answer. Without, it is certain that nothing was done. Told of records that a producer gives up.
    public var isOutcomeUnknown: Bool

    public init(
        _ code: Code, _ message: String, underlying: (any Error)? = nil, isRetriable: Bool = false,
        isOutcomeUnknown: Bool = false
    ) {
        self.code = code
        self.message = message
        self.underlying = underlying
        self.isRetriable = isRetriable
        self.isOutcomeUnknown = isOutcomeUnknown
    }
}

extension MartletError {
    /// The kind of an error.
    public struct Code: Hashable, Sendable {
        private enum Kind: Hashable {
            case invalidConfiguration, invalidArgument, connectionFailed, timedOut, unknownTopic,
                unknownPartition
            case recordTooLarge, offsetOutOfRange, corruptRecords, unsupportedByBroker, protocolViolation
            case transactionAborted, tlsFailed, authenticationFailed, cancelled, closed, broker(ErrorCode)
            case serializationFailed, deserializationFailed
        }

        private let kind: Kind

        /// The configuration contradicts itself.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// An argument is not legal, or the call came at the wrong time.
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// No broker could be reached.
        public static let connectionFailed = Code(kind: .connectionFailed)
        /// TLS could not be agreed on: certificates, names, or a port that does not speak it.
        public static let tlsFailed = Code(kind: .tlsFailed)
        /// The broker refuses the client's credentials, or could not prove itself.
        public static let authenticationFailed = Code(kind: .authenticationFailed)
        /// It took longer than the configuration allows. Whether it happened is not known.
        public static let timedOut = Code(kind: .timedOut)
        /// The cluster has no topic of this name.
        public static let unknownTopic = Code(kind: .unknownTopic)
        /// The topic has no partition of this number.
        public static let unknownPartition = Code(kind: .unknownPartition)
        /// A record is larger than the producer or the topic allows.
        public static let recordTooLarge = Code(kind: .recordTooLarge)
        /// The partition has no record at the offset, and the policy is to say so.
        public static let offsetOutOfRange = Code(kind: .offsetOutOfRange)
        /// Records arrived damaged.
        public static let corruptRecords = Code(kind: .corruptRecords)
        /// The broker does not serve what is needed.
        public static let unsupportedByBroker = Code(kind: .unsupportedByBroker)
        /// The broker sent what makes no sense.
        public static let protocolViolation = Code(kind: .protocolViolation)
        /// A key or a value cannot be made into bytes.
        public static let serializationFailed = Code(kind: .serializationFailed)
        /// A record's bytes are not what its topic is said to hold; see `MartletError.undecodableRecord`.
        public static let deserializationFailed = Code(kind: .deserializationFailed)
        /// The transaction that the record was part of was aborted.
        public static let transactionAborted = Code(kind: .transactionAborted)
        /// The task was cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// The producer, consumer or client has been closed.
        public static let closed = Code(kind: .closed)
        /// The broker answered with this error code.
        public static func broker(_ code: ErrorCode) -> Code { Code(kind: .broker(code)) }

        /// The broker's error code, if it is one.
        public var brokerError: ErrorCode? {
            if case .broker(let code) = kind { return code }
            return nil
        }
    }
}

extension MartletError.Code: CustomStringConvertible {
    public var description: String {
        if case .broker(let code) = kind { return "\(code)" }
        return "\(kind)"
    }
}

extension MartletError: CustomStringConvertible {
    public var description: String { "\(message) (\(code))" }
}
