internal import MartletCore
internal import MartletRecords

/// Compares the index files of a segment with its batches, as these are read one after the other.
struct IndexAudit {
    private let baseOffset: Offset
    private var offsets: OffsetIndex?
    private var times: TimeIndex?
    /// The next entry to be met.
    private var nextEntry = 0
    private var largestTime = Timestamp.none

    init(baseOffset: Offset, index: Bytes?, timeIndex: Bytes?, segmentByteCount: Int64) {
        self.baseOffset = baseOffset
        offsets = index?.withUnsafeBytes {
            OffsetIndex(decoding: $0, segmentByteCount: max(1, segmentByteCount))
        }
        times = timeIndex?.withUnsafeBytes { TimeIndex(decoding: $0) }
    }

    /// Takes note of the next intact batch.
    mutating func note(_ header: BatchHeader, at position: Int64) {
        largestTime = max(largestTime, header.maxTimestamp)
        guard let entries = offsets?.entries, nextEntry < entries.count else { return }
        let entry = entries[nextEntry]
        guard Int64(entry.position) <= position else { return }
        // An entry leads to a batch that begins at its offset or before.
        let isRight =
            Int64(entry.position) == position
            && header.baseOffset <= baseOffset + Int64(entry.relativeOffset)
        if isRight { nextEntry += 1 } else { offsets = nil }
    }

    /// Index files that must be made anew, after the last batch.
    func wrongFiles(_ next: Offset) -> [SegmentFile] {
        var wrong: [SegmentFile] = []
        if offsets.map({ nextEntry < $0.entries.count }) ?? true { wrong.append(.index) }
        let isInBounds = times?.entries.allSatisfy {
            baseOffset + Int64($0.relativeOffset) < next && $0.timestamp <= largestTime
        }
        if !(isInBounds ?? false) { wrong.append(.timeindex) }
        return wrong
    }
}
