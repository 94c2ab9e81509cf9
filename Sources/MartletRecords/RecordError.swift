package import MartletCore

/// What is wrong with a record batch.
package enum RecordError: Error, Hashable, Sendable {
    /// The bytes end before the header or the batch does.
    case truncated(byteCount: Int, needed: Int)
    /// Message format 0 or 1, which brokers no longer store.
    case unsupportedMagic(Int8)
    /// No format that was ever defined.
    case unknownMagic(Int8)
    /// The length field is below what the format needs.
    case invalidLength(Int32)
    case checksumMismatch(stored: UInt32, computed: UInt32)
    case invalidRecordCount(Int32)
    /// The offsets span another number of records than the batch says it has.
    case inconsistentOffsets(lastOffsetDelta: Int32, recordCount: Int32)
    /// A client's batch has a base offset other than 0, though offsets are the broker's to give.
    case nonZeroBaseOffset(Offset)
    /// Offsets beyond the largest.
    case offsetOverflow(base: Offset, lastOffsetDelta: Int32)
    case unknownCompression(code: UInt8)
    /// A time before 1970, other than -1 for none.
    case invalidTimestamp(Timestamp)
    /// A client's batch claims the broker's time.
    case unexpectedLogAppendTime
    /// A client's batch claims to hold control records, such as transaction markers.
    case unexpectedControlBatch
    /// Sequence, epoch and producer id do not belong together.
    case invalidProducer(ProducerID, ProducerEpoch, baseSequence: Int32)
    /// A transactional batch without a producer id.
    case transactionalWithoutProducer
    /// The bytes hold more than the one batch that a partition's part of a produce request consists of.
    case notOneBatch
    /// The record with this index, counted from 0, breaks the format.
    case malformedRecord(index: Int, RecordDefect)
    /// The record with this index has no key, in a topic that is compacted by key.
    case missingKey(index: Int)
    /// The record with this index has a time that the topic does not take.
    case timestampOutOfRange(index: Int, Timestamp)
    /// Bytes are left behind the last record.
    case trailingBytes(byteCount: Int)
    /// The compressed records are damaged.
    case corruptCompressedData(Compression)
    /// The records would take more memory than the reader allows.
    case decompressedTooLarge(maximumByteCount: Int)
    /// A batch of the builder would exceed what the format can count.
    case batchTooLarge
    /// The codec's library refused to work: out of memory, in practice.
    case codecFailure(Compression)
}

/// How a single record breaks the format.
package enum RecordDefect: Error, Hashable, Sendable {
    /// A varint has too many bytes, or the record ends in it.
    case badVarint
    /// A length is negative and not -1, or reaches beyond the record.
    case badLength
    /// The record ends before its fields, or behind them.
    case badSize
    case badHeaderCount
    case nullHeaderKey
    /// The offset lies outside of the batch, or, in a producer's batch, is not the next.
    case badOffset
}

extension RecordError {
    /// Position in its batch of the one record that is to blame; nil if it is the batch.
    package var recordIndex: Int? {
        switch self {
        case .malformedRecord(let index, _), .missingKey(let index), .timestampOutOfRange(let index, _): index
        default: nil
        }
    }

    /// What a broker answers a producer with, as Apache Kafka 4 does where it has a case for it.
    package var errorCode: ErrorCode {
        switch self {
        case .unknownMagic, .invalidLength, .checksumMismatch:
            .corruptMessage
        // Not CORRUPT_MESSAGE, which asks for a retry: the producer's own bytes are wrong, not their way to
        // us.
        case .truncated, .corruptCompressedData, .unsupportedMagic, .invalidRecordCount, .inconsistentOffsets,
            .nonZeroBaseOffset,
            .offsetOverflow,
            .unexpectedControlBatch, .invalidProducer, .transactionalWithoutProducer, .notOneBatch,
            .malformedRecord, .missingKey, .trailingBytes:
            .invalidRecord
        case .unknownCompression:
            .unsupportedCompressionType
        case .invalidTimestamp, .unexpectedLogAppendTime, .timestampOutOfRange:
            .invalidTimestamp
        case .decompressedTooLarge, .batchTooLarge:
            .messageTooLarge
        case .codecFailure:
            .unknownServerError
        }
    }
}
