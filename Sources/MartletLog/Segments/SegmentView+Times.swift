internal import MartletCore
internal import MartletRecords

extension SegmentView {
    /// The largest time of the segment, as its index knows it; for a sealed segment that is all there is to
    /// know.
    func largestIndexedTime() throws(SegmentError) -> Timestamp? {
        try timeEntry { index throws(FileSystemError) in try index.lastTime() }?.timestamp
    }

    /// The first record from `start` on whose time is at least `timestamp`.
    func firstRecord(since timestamp: Timestamp, from start: Offset) throws(SegmentError)
        -> TimestampedOffset?
    {
        // All batches before the entry are older than it, and so than what is wanted.
        let entry = try timeEntry { index throws(FileSystemError) in try index.time(atOrBefore: timestamp) }
        var scan = try scan(from: max(start, offset(of: entry)))
        while let batch = try scan.next() {
            guard batch.header.maxTimestamp >= timestamp, batch.header.lastOffset >= start else { continue }
            if let found = try record(in: batch, where: { $0 >= timestamp && $1 >= start }) { return found }
        }
        return nil
    }

    /// The first record with the largest time among those from `start` up to `limit`.
    func recordWithLargestTime(from start: Offset, upTo limit: Offset) throws(SegmentError)
        -> TimestampedOffset?
    {
        guard start < nextOffset, limit > baseOffset else { return nil }
        // The entry has the largest time up to its batch; so only what comes behind can be larger.
        let entry = try timeEntry { index throws(FileSystemError) in
            try index.time(beforeRelativeOffset: limit - baseOffset)
        }
        var scan = try scan(from: max(start, offset(of: entry)))
        var best: HeaderScan.Element?
        while let batch = try scan.next(), batch.header.baseOffset < limit {
            guard batch.header.lastOffset >= start else { continue }
            if best.map({ batch.header.maxTimestamp > $0.header.maxTimestamp }) ?? true { best = batch }
        }
        guard let best else { return nil }
        let largest = best.header.maxTimestamp
        return try record(in: best) { timestamp, _ in timestamp >= largest }
    }

    private func offset(of entry: TimeIndex.Entry?) -> Offset {
        baseOffset + Int64(entry?.relativeOffset ?? 0)
    }

    private func scan(from offset: Offset) throws(SegmentError) -> HeaderScan {
        HeaderScan(file, from: try indexedPosition(atOrBefore: offset), to: byteCount)
    }

    private func timeEntry(
        _ find: (IndexLookup) throws(FileSystemError) -> TimeIndex.Entry?
    ) throws(SegmentError) -> TimeIndex.Entry? {
        do {
            return try find(indexes)
        } catch {
            throw .storage(error)
        }
    }

    /// The first record of the batch that matches.
    private func record(
        in batch: HeaderScan.Element, where matches: (Timestamp, Offset) -> Bool
    ) throws(SegmentError) -> TimestampedOffset? {
        let slice = LogSlice(
            file: file, position: batch.position, byteCount: batch.header.byteCount,
            baseOffset: batch.header.baseOffset, nextOffset: batch.header.nextOffset)
        let bytes: Bytes
        do throws(FileSystemError) {
            bytes = try slice.bytes()
        } catch {
            throw .storage(error)
        }
        do throws(RecordError) {
            var records = try RecordBatch(bytes).records()
            while let record = try records.next() {
                guard matches(record.timestamp, record.offset) else { continue }
                return TimestampedOffset(
                    offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.header.leaderEpoch)
            }
            return nil
        } catch {
            throw .damaged(path: file.path, position: batch.position, .invalidBatch(error))
        }
    }
}
