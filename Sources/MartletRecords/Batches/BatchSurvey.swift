internal import MartletCore

/// What a walk over the records of a batch finds: which of them stay, and what its header says then.
///
/// Reading comes before writing so that a damaged batch is refused as a whole.
struct BatchSurvey {
    /// The records that stay, neighbours together; emptied and filled again by each walk.
    private(set) var kept: [Range<Int>] = []
    private(set) var recordCount: Int32 = 0
    private(set) var byteCount = 0
    private(set) var firstTimestamp = Timestamp.none
    private(set) var maxTimestamp = Timestamp.none
    /// Whether a record without a value stays.
    private(set) var hasTombstone = false

    @inline(__always)
    mutating func walk(
        _ records: UnsafeRawBufferPointer, of header: BatchHeader,
        keeping: (RecordView, UnsafeRawBufferPointer, BatchHeader) -> Bool
    ) throws(RecordError) {
        kept.removeAll(keepingCapacity: true)
        recordCount = 0
        byteCount = 0
        hasTombstone = false
        var pending = 0..<0
        var first: Int64 = 0
        var largest = Int64.min
        var cursor = RecordCursor(records, header: header)
        while let record = try cursor.next() {
            guard keeping(record, records, header) else { continue }
            // Not `timestamp(of:)`: the producer's times stay as well where the broker's stand for them.
            let time = header.baseTimestamp.rawValue &+ record.timestampDelta
            if recordCount == 0 { first = time }
            largest = max(largest, time)
            recordCount += 1
            byteCount += record.range.count
            if record.value == nil { hasTombstone = true }
            if record.range.lowerBound == pending.upperBound {
                pending = pending.lowerBound..<record.range.upperBound
            } else {
                if !pending.isEmpty { kept.append(pending) }
                pending = record.range
            }
        }
        if !pending.isEmpty { kept.append(pending) }
        firstTimestamp = Timestamp(rawValue: first)
        maxTimestamp =
            header.timestampType == .logAppendTime ? header.maxTimestamp : Timestamp(rawValue: largest)
    }
}
