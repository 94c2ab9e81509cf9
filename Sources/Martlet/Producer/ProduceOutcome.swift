internal import MartletCore
internal import MartletTransport

/// What an attempt to send a batch came to.
enum ProduceOutcome: Sendable {
    case appended(BatchDelivery.Placement)
    /// The broker answered with an error for this batch.
    case refused(ErrorCode, message: String?)
    /// No answer.
    case failed(TransportError)
}

/// What to do after an attempt.
enum ProduceVerdict {
    case delivered(BatchDelivery.Placement)
    /// Send again, as the same batch.
    case retry(MartletError, mayBeAppended: Bool, refreshMetadata: Bool)
    /// The broker's memory of our sequence does not fit ours: begin a new one, then send again.
    case retryWithNewSequence(MartletError, needsNewProducerID: Bool)
    case fail(MartletError)
}

extension ProduceVerdict {
    /// - Parameters:
    ///   - isIdempotent: Whether the batch carries a sequence.
    ///   - isTransactional: Whether it is part of a transaction, which gets its sequences with its epoch.
    ///   - isFirst: Whether no earlier batch of the partition is still undecided. A gap in the sequence is
    ///     natural if
    ///     one is, and a loss of memory on the broker's side if none is.
    init(
        _ outcome: ProduceOutcome, partition: TopicPartition, isIdempotent: Bool, isFirst: Bool,
        isTransactional: Bool = false
    ) {
        switch outcome {
        case .appended(let placement):
            self = .delivered(placement)
        case .failed(let error):
            self.init(error, partition: partition)
        case .refused(let code, let message):
            let error = MartletError.produce(code, message, partition)
            switch code {
            case .duplicateSequenceNumber where isIdempotent:
                self = .delivered(.init())
            case .outOfOrderSequenceNumber where isTransactional && !isFirst:
                self = .retry(error, mayBeAppended: false, refreshMetadata: false)
            case _ where isTransactional && !code.isRetriable:
                self = .fail(error)
            case .outOfOrderSequenceNumber where isIdempotent,
                .unknownProducerID where isIdempotent,
                .invalidProducerEpoch where isIdempotent,
                .invalidProducerIDMapping where isIdempotent:
                self =
                    isFirst
                    ? .retryWithNewSequence(error, needsNewProducerID: code != .outOfOrderSequenceNumber)
                    : .retry(error, mayBeAppended: false, refreshMetadata: false)
            case .notEnoughReplicasAfterAppend, .requestTimedOut:
                self = .retry(error, mayBeAppended: true, refreshMetadata: false)
            default:
                self =
                    code.isRetriable
                    ? .retry(error, mayBeAppended: false, refreshMetadata: code.concernsMetadata)
                    : .fail(error)
            }
        }
    }

    private init(_ error: TransportError, partition: TopicPartition) {
        let failure = MartletError(error, doing: "producing to \(partition)")
        switch error {
        case .closed, .requestTimedOut, .malformedResponse, .responseTooLarge, .cancelled:
            self = .retry(failure, mayBeAppended: true, refreshMetadata: true)
        case .connectFailed, .tlsFailed, .authenticationFailed, .neverSent, .tooManyRequests:
            self = .retry(failure, mayBeAppended: false, refreshMetadata: true)
        case .unsupportedVersion, .unencodable:
            self = .fail(failure)
        }
    }
}

extension ErrorCode {
    /// Whether the answer shows that what we know of topics and leaders is out of date.
    var concernsMetadata: Bool {
        switch self {
        case .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderOrFollower, .replicaNotAvailable,
            .kafkaStorageError, .fencedLeaderEpoch, .unknownLeaderEpoch, .listenerNotFound, .unknownTopicID,
            .inconsistentTopicID, .offsetNotAvailable, .networkException:
            true
        default: false
        }
    }
}
