internal import MartletCore
internal import MartletRecords

// Look-ups by time run on threads that may block, and check every batch they pass.

extension SegmentView {
    /// The largest time of the segment; nil if that is not known for certain without reading it.
    var largestKnownTime: Timestamp? { checks.regions.isEmpty ? seal?.largestTimestamp : nil }

    /// The largest time of the segment, as its index knows it.
    func largestIndexedTime() throws(SegmentError) -> Timestamp? {
        if let largestKnownTime { return largestKnownTime }
        return try timeEntry { index throws(FileSystemError) in try index.lastTime() }?.timestamp
    }

    /// The first record from `start` on whose time is at least `timestamp`.
    func firstRecord(since timestamp: Timestamp, from start: Offset) throws(SegmentError)
        -> TimestampedOffset?
    {
        // All batches before the entry are older than it, and so than what is wanted.
        let entry = try timeEntry { index throws(FileSystemError) in try index.time(atOrBefore: timestamp) }
        let from = max(start, offset(of: entry))
        for stretch in stretches(from: from) {
            var scan = try scan(from: max(from, stretch.offsets.lowerBound), in: stretch)
            defer { scan.commit() }
            while let batch = try scan.next() {
                guard batch.header.maxTimestamp >= timestamp, batch.header.lastOffset >= start else {
                    continue
                }
                if let found = try record(in: batch, where: { $0 >= timestamp && $1 >= start }) {
                    return found
                }
            }
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
        let from = max(start, offset(of: entry))
        var best: HeaderScan.Element?
        for stretch in stretches(from: from) {
            var scan = try scan(from: max(from, stretch.offsets.lowerBound), in: stretch)
            defer { scan.commit() }
            while let batch = try scan.next(), batch.header.baseOffset < limit {
                guard batch.header.lastOffset >= start else { continue }
                if best.map({ batch.header.maxTimestamp > $0.header.maxTimestamp }) ?? true { best = batch }
            }
        }
        guard let best else { return nil }
        let largest = best.header.maxTimestamp
        return try record(in: best) { timestamp, _ in timestamp >= largest }
    }

    private func offset(of entry: TimeIndex.Entry?) -> Offset {
        baseOffset + Int64(entry?.relativeOffset ?? 0)
    }

    // MARK: The time index

    /// What the index says, if that can be believed; nil otherwise, and then all must be read.
    private func timeEntry(
        _ find: (IndexLookup) throws(FileSystemError) -> TimeIndex.Entry?
    ) throws(SegmentError) -> TimeIndex.Entry? {
        let entry: TimeIndex.Entry?
        let isTrusted: Bool
        do throws(FileSystemError) {
            isTrusted = try isTimeIndexGood()
            entry = try find(indexes)
        } catch {
            throw .storage(error)
        }
        if isTrusted { return entry }
        if seal == nil {
            guard let entry else { return nil }
            if try isRight(entry) { return entry }
        }
        checks.wantSurvey()
        return nil
    }

    /// Whether the index is what was written when the segment was sealed.
    private func isTimeIndexGood() throws(FileSystemError) -> Bool {
        if let known = checks.isTimeIndexGood { return known }
        guard let seal, case .files(_, _, let times, _) = indexes else { return false }
        let isGood = try times.checksum() == seal.timeIndexChecksum
        checks.setTimeIndexGood(isGood)
        return isGood
    }

    /// Whether there is a batch with the offset and the time of the entry.
    private func isRight(_ entry: TimeIndex.Entry) throws(SegmentError) -> Bool {
        let wanted = offset(of: entry)
        do throws(SegmentError) {
            var scan = try scan(from: wanted, in: try stretch(holding: wanted))
            defer { scan.commit() }
            while let batch = try scan.next(), batch.header.baseOffset <= wanted {
                guard batch.header.lastOffset >= wanted else { continue }
                return batch.header.maxTimestamp == entry.timestamp
            }
            return false
        } catch .damaged {
            return false
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

extension LogFile {
    /// CRC-32C of the whole file.
    func checksum() throws(FileSystemError) -> UInt32 {
        let storage = Bytes.Storage(capacity: Int(try size()))
        let count = try read(into: storage.memory, at: 0)
        return CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: storage.memory[..<count]))
    }
}
