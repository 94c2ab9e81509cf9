internal import MartletCore
internal import MartletRecords
internal import MartletTransport
internal import MartletWire

/// What an attempt to send a batch came to.
enum ProduceOutcome: Sendable {
    case appended(BatchDelivery.Placement)
    /// The broker answered with an error for this batch, and may have named the records at fault (KIP-467).
    case refused(ErrorCode, message: String?, records: [ProduceResponse.RecordError] = [])
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
    /// The batch is too large for the broker: send its halves.
    case split(ProducerBatch.Halves, MartletError)
    /// - Parameter records: Records with an error of their own, by their index.
    case fail(MartletError, records: [Int32: MartletError] = [:])
}

extension ProduceVerdict {
    /// What a verdict depends on beside the answer.
    struct Terms {
        /// Whether batches carry sequences.
        var isIdempotent: Bool
        /// Whether the batch is part of a transaction, which gets its sequences with its epoch.
        var isTransactional = false
        /// Whether no earlier batch of the partition is still undecided. A gap in the sequence is natural if
        /// one is, and a loss of memory on the broker's side if none is.
        var isFirst: Bool
        /// Whether an earlier attempt may have brought the batch into the log.
        var isFateUnknown: Bool
    }

    /// - Parameter batch: Owned by the caller, who has just got the answer.
    init(_ outcome: ProduceOutcome, of batch: ProducerBatch, _ terms: Terms) {
        let partition = batch.partition
        switch outcome {
        case .appended(let placement):
            self = .delivered(placement)
        case .failed(let error):
            self.init(error, partition: partition)
        case .refused(let code, let message, let records):
            if code == .messageTooLarge || code == .recordListTooLarge {
                self.init(tooLarge: batch, code, message, maySplit: !terms.isFateUnknown)
                return
            }
            let error = MartletError.produce(code, message, partition)
            switch code {
            case .duplicateSequenceNumber where terms.isIdempotent:
                self = .delivered(.init())
            case .outOfOrderSequenceNumber where terms.isTransactional && !terms.isFirst:
                self = .retry(error, mayBeAppended: false, refreshMetadata: false)
            case _ where terms.isTransactional && !code.isRetriable:
                self = Self.failure(error, records, of: batch)
            case .outOfOrderSequenceNumber where terms.isIdempotent,
                .unknownProducerID where terms.isIdempotent,
                .invalidProducerEpoch where terms.isIdempotent,
                .invalidProducerIDMapping where terms.isIdempotent:
                self =
                    terms.isFirst
                    ? .retryWithNewSequence(error, needsNewProducerID: code != .outOfOrderSequenceNumber)
                    : .retry(error, mayBeAppended: false, refreshMetadata: false)
            case .notEnoughReplicasAfterAppend, .requestTimedOut:
                self = .retry(error, mayBeAppended: true, refreshMetadata: false)
            default:
                self =
                    code.isRetriable
                    ? .retry(error, mayBeAppended: false, refreshMetadata: code.concernsMetadata)
                    : Self.failure(error, records, of: batch)
            }
        }
    }

    /// A batch of one record cannot be made smaller.
    ///
    /// A batch that an earlier attempt may have brought into the log is not split either: the halves would
    /// not be recognised for what stands there already.
    private init(
        tooLarge batch: ProducerBatch, _ code: ErrorCode, _ message: String?, maySplit: Bool
    ) {
        let error = MartletError.refusedAsTooLarge(batch, code, message)
        guard batch.recordCount > 1, maySplit else {
            self = .fail(error)
            return
        }
        do {
            self = .split(try batch.split(after: error), error)
        } catch {
            self = .fail(
                MartletError(
                    .invalidArgument, "a batch for \(batch.partition) cannot be split: \(error)",
                    underlying: error))
        }
    }

    /// The broker refuses a batch as a whole, whatever is wrong with one of its records.
    private static func failure(
        _ error: MartletError, _ records: [ProduceResponse.RecordError], of batch: ProducerBatch
    ) -> ProduceVerdict {
        let culprits = records.filter { $0.index >= 0 && $0.index < batch.recordCount }
        guard !culprits.isEmpty, batch.recordCount > 1 else { return .fail(error) }
        var reasons: [Int32: MartletError] = [:]
        for culprit in culprits { reasons[culprit.index] = error.ofRecord(culprit.message) }
        return .fail(.refusedWithOthers(error, culprits: culprits.count, of: batch), records: reasons)
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
