package import MartletCore
internal import MartletRecords

/// Who appends, and so how much is checked and what is assigned.
package enum AppendOrigin: Sendable {
    /// A producer: everything is checked, offsets and epoch are given by the log.
    case client
    /// The broker's own coordinators: as for a client, but control batches are allowed and sequences are not
    /// checked.
    case coordinator
    /// The leader of the partition: offsets and epochs are in the batches and stay.
    case replication

    var batchOrigin: BatchOrigin {
        switch self {
        case .client: .client
        case .coordinator: .coordinator
        case .replication: .log
        }
    }
}

/// What an append did.
package struct AppendResult: Hashable, Sendable {
    /// Offset of the first record.
    package var firstOffset: Offset
    /// Offset behind the last record: the append is safe when `LogOffsets.highWatermark` has reached it.
    package var nextOffset: Offset
    /// The broker's time if the topic has it in place of the producer's.
    package var logAppendTime: Timestamp?
    package var logStartOffset: Offset
    /// The producer had sent the same batch before: it was not appended again, and the offsets are those of
    /// then.
    package var isDuplicate: Bool
}

/// Bytes of a segment, to be sent as they are.
///
/// Keeps the file open for as long as it lives, even if the segment is deleted meanwhile.
package struct LogSlice: Sendable {
    package var file: any LogFile
    package var position: Int64
    /// 0 if there is nothing to read yet.
    package var byteCount: Int
    /// Base offset of the first batch, which may lie before the offset that was asked for; that offset if
    /// empty.
    package var baseOffset: Offset
    /// Where to read on.
    package var nextOffset: Offset

    package var isEmpty: Bool { byteCount == 0 }

    /// Copies the bytes out, for connections that cannot send from a file.
    package func bytes() throws(FileSystemError) -> Bytes {
        let storage = Bytes.Storage(capacity: byteCount)
        let count = try file.read(into: storage.memory, at: position)
        return Bytes(storage: storage, start: 0, count: count)
    }
}

/// A record found by its time.
package struct TimestampedOffset: Hashable, Sendable {
    package var offset: Offset
    package var timestamp: Timestamp
    package var leaderEpoch: LeaderEpoch
}
