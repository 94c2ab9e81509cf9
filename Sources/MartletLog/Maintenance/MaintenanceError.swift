internal import MartletCore
internal import MartletRecords

/// Why maintenance did not go through with its work.
enum MaintenanceError: Error {
    /// The log is being closed, or deleted. Nothing is wrong.
    case cancelled
    case segment(SegmentError)
    /// The new segment counts on disk, but is not in its place: only a restart can finish that.
    case unfinishedSwap(FileSystemError)

    /// A batch could not be read, although its checksum is right.
    init(_ error: RecordError, in batch: SegmentPlace) {
        self = .segment(.damaged(path: batch.path, position: batch.position, .invalidBatch(error)))
    }

    static func storing<Result: ~Copyable>(
        _ body: () throws(FileSystemError) -> Result
    ) throws(MaintenanceError) -> Result {
        do {
            return try body()
        } catch {
            throw .segment(.storage(error))
        }
    }

    static func reading<Result: ~Copyable>(
        _ body: () throws(SegmentError) -> Result
    ) throws(MaintenanceError) -> Result {
        do {
            return try body()
        } catch {
            throw .segment(error)
        }
    }
}

/// A byte in a segment's file.
struct SegmentPlace {
    var path: String
    var position: Int64
}

extension LogError {
    /// What the log is told; nil if there is nothing to tell.
    init?(_ error: MaintenanceError, in partition: TopicPartition) {
        switch error {
        case .cancelled: return nil
        case .segment(let error): self.init(error, in: partition)
        case .unfinishedSwap(let error): self = .offline(partition, cause: error)
        }
    }
}
