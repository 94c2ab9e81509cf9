package import MartletCore
package import MartletRecords

/// How the bytes of a log differ from what a log holds.
package enum Damage: Hashable, Sendable {
    /// Not a batch, or not the batch that was written.
    case invalidBatch(RecordError)
    /// The file ends before the batch does.
    case cutOff(byteCount: Int64, needed: Int64)
    /// Zeros where a batch should begin. At the end of the last segment that is merely reserved space.
    case zeros(byteCount: Int64)
    /// Offsets go back, or beyond what the segment may hold.
    case unexpectedOffset(expected: Offset, found: Offset)
    /// The segment ends, and the next one begins further on.
    case missingRecords(from: Offset, to: Offset)
    /// The log ends before the offset up to which it was known to be on disk.
    case missingTail(end: Offset, durable: Offset)
    /// The index of aborted transactions is not what was written; it will be made anew.
    case wrongTransactionIndex
    /// As a note beside the segment says.
    case noted(String)
}

extension Damage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidBatch(let error): "invalid batch: \(error)"
        case .cutOff(let byteCount, let needed): "batch of \(needed) bytes is cut off after \(byteCount)"
        case .zeros(let byteCount): "\(byteCount) bytes of zeros"
        case .unexpectedOffset(let expected, let found):
            "offset \(found) where \(expected) or a later one was expected"
        case .missingRecords(let from, let to): "the records from offset \(from) to \(to) are missing"
        case .missingTail(let end, let durable):
            "the log ends at offset \(end), but everything below \(durable) was synced"
        case .wrongTransactionIndex: "the index of aborted transactions is not what was written"
        case .noted(let text): text
        }
    }
}

/// What can go wrong while segments are read.
enum SegmentError: Error {
    case storage(FileSystemError)
    case damaged(path: String, position: Int64, Damage)
}

extension LogError {
    init(_ error: SegmentError, in partition: TopicPartition) {
        switch error {
        case .storage(let error): self.init(error, in: partition)
        case .damaged(let path, let position, let damage):
            self = .damaged(partition, path: path, position: position, damage)
        }
    }
}
