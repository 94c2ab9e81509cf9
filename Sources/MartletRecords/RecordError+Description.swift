internal import MartletCore

extension RecordError: CustomStringConvertible {
    /// A clause for logs and for the error message of a response.
    package var description: String {
        switch self {
        case .truncated(let byteCount, let needed):
            "the record batch is cut off: \(byteCount) of \(needed) bytes"
        case .unsupportedMagic(let magic):
            "message format \(magic) is no longer supported; producers must send record batches (format 2)"
        case .unknownMagic(let magic):
            "message format \(magic) is unknown"
        case .invalidLength(let length):
            "the record batch announces \(length) bytes, less than its header has"
        case .checksumMismatch(let stored, let computed):
            "the record batch is damaged: checksum \(Self.hex(stored)), but its bytes have \(Self.hex(computed))"
        case .invalidRecordCount(let count):
            "the record batch announces \(count) records"
        case .inconsistentOffsets(let lastOffsetDelta, let recordCount):
            "the record batch announces \(recordCount) records, but its last offset delta is \(lastOffsetDelta)"
        case .nonZeroBaseOffset(let offset):
            "the record batch of a producer has base offset \(offset) instead of 0"
        case .offsetOverflow(let base, let lastOffsetDelta):
            "base offset \(base) and last offset delta \(lastOffsetDelta) leave the range of offsets"
        case .unknownCompression(let code):
            "compression type \(code) is unknown"
        case .invalidTimestamp(let timestamp):
            "timestamp \(timestamp) lies before 1970"
        case .unexpectedLogAppendTime:
            "only the broker may set the timestamp type LogAppendTime"
        case .unexpectedControlBatch:
            "only the broker may write control records"
        case .invalidProducer(let id, let epoch, let baseSequence):
            "producer id \(id) with epoch \(epoch) and base sequence \(baseSequence) is no valid producer state"
        case .transactionalWithoutProducer:
            "the record batch is transactional but has no producer id"
        case .notOneBatch:
            "a partition's records in a produce request must be exactly one record batch"
        case .malformedRecord(let index, let defect):
            "record \(index) of the batch is malformed: \(defect)"
        case .missingKey(let index):
            "record \(index) of the batch has no key, and the topic is compacted by key"
        case .timestampOutOfRange(let index, let timestamp):
            "record \(index) of the batch has timestamp \(timestamp), too far from the broker's time for the topic"
        case .trailingBytes(let byteCount):
            "\(byteCount) bytes follow the last record of the batch"
        case .corruptCompressedData(let compression):
            "the records are not valid \(compression) data"
        case .decompressedTooLarge(let maximumByteCount):
            "the records decompress to more than \(maximumByteCount) bytes"
        case .batchTooLarge:
            "the record batch would exceed 2 GiB"
        case .codecFailure(let compression):
            "the \(compression) codec failed, most likely for lack of memory"
        }
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension RecordDefect: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badVarint: "a number is too long or cut off"
        case .badLength: "a length is negative or reaches beyond the record"
        case .badSize: "its fields do not fill it"
        case .badHeaderCount: "it announces more headers than it has room for"
        case .nullHeaderKey: "a header has no key"
        case .badOffset: "its offset lies outside of the batch or is not the next"
        }
    }
}
