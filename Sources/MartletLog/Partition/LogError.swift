package import MartletCore
package import MartletRecords

/// Why a log did not do what it was asked.
package enum LogError: Error, Hashable, Sendable {
    /// A batch that was to be appended is not acceptable.
    case invalidBatch(TopicPartition, RecordError)
    /// The batch is larger than the topic allows.
    case batchTooLarge(TopicPartition, byteCount: Int, maximum: Int)
    /// The set of batches does not fit into a segment.
    case setTooLarge(TopicPartition, byteCount: Int, maximum: Int)
    /// The times of the batch are too far from the clock.
    case timestampOutOfRange(TopicPartition, Timestamp, now: Timestamp)
    /// A producer's batches do not follow one another, an older incarnation speaks, or its transaction is
    /// not as it says.
    case invalidProducer(TopicPartition, ProducerError)
    /// A replicated batch does not continue the log.
    case unexpectedOffset(TopicPartition, expected: Offset, found: Offset)
    case offsetOutOfRange(TopicPartition, requested: Offset, start: Offset, end: Offset)
    /// The disk is full. Nothing was appended, and the log works on when there is room.
    case storageFull(TopicPartition, FileSystemError)
    /// The disk failed in a call that can be made again.
    case storageFailed(TopicPartition, FileSystemError)
    /// The disk failed earlier in a way that leaves it unknown what was stored. Nothing is appended any more.
    case offline(TopicPartition, cause: FileSystemError)
    /// The log was closed.
    case closed(TopicPartition)
    /// Bytes in the middle of the log are not what was written there.
    case damaged(TopicPartition, path: String, position: Int64, Damage)
}

extension LogError {
    package var topicPartition: TopicPartition {
        switch self {
        case .invalidBatch(let partition, _), .batchTooLarge(let partition, _, _),
            .setTooLarge(let partition, _, _),
            .timestampOutOfRange(let partition, _, _), .invalidProducer(let partition, _),
            .unexpectedOffset(let partition, _, _), .offsetOutOfRange(let partition, _, _, _),
            .storageFull(let partition, _), .storageFailed(let partition, _), .offline(let partition, _),
            .closed(let partition), .damaged(let partition, _, _, _):
            partition
        }
    }

    /// What a client is told.
    package var errorCode: ErrorCode {
        switch self {
        case .invalidBatch(_, let error): error.errorCode
        case .batchTooLarge: .messageTooLarge
        case .setTooLarge: .recordListTooLarge
        case .timestampOutOfRange: .invalidTimestamp
        case .invalidProducer(_, let error): error.errorCode
        case .unexpectedOffset, .offsetOutOfRange: .offsetOutOfRange
        case .storageFull, .storageFailed, .offline: .kafkaStorageError
        // The partition is being deleted, or the broker is going down: the client looks for another leader.
        case .closed: .notLeaderOrFollower
        case .damaged: .corruptMessage
        }
    }

    /// A file operation failed: full disks pass, everything else is a failure.
    init(_ error: FileSystemError, in partition: TopicPartition) {
        self = error.isOutOfSpace ? .storageFull(partition, error) : .storageFailed(partition, error)
    }
}

extension LogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidBatch(let partition, let error):
            "\(partition): invalid record batch: \(error)"
        case .batchTooLarge(let partition, let byteCount, let maximum):
            "\(partition): batch of \(byteCount) bytes is larger than max.message.bytes = \(maximum)"
        case .setTooLarge(let partition, let byteCount, let maximum):
            "\(partition): \(byteCount) bytes of records do not fit into a segment (segment.bytes = \(maximum))"
        case .timestampOutOfRange(let partition, let timestamp, let now):
            "\(partition): timestamp \(timestamp) is too far from the broker's time \(now)"
        case .invalidProducer(let partition, let error):
            "\(partition): \(error)"
        case .unexpectedOffset(let partition, let expected, let found):
            "\(partition): replicated batch begins at offset \(found), the log ends at \(expected)"
        case .offsetOutOfRange(let partition, let requested, let start, let end):
            "\(partition): offset \(requested) is outside of \(start)...\(end)"
        case .storageFull(let partition, let error):
            "\(partition): the disk is full, nothing was appended: \(error)"
        case .storageFailed(let partition, let error):
            "\(partition): \(error)"
        case .offline(let partition, let cause):
            "\(partition) is offline, as the disk failed and what it holds is uncertain: \(cause). "
                + "Check the disk, then restart the broker: recovery keeps what is intact"
        case .closed(let partition):
            "\(partition): the log is closed"
        case .damaged(let partition, let path, let position, let damage):
            "\(partition): damage in \(path) at byte \(position): \(damage)"
        }
    }
}
