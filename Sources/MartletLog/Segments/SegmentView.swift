internal import MartletCore
internal import MartletRecords

/// A segment as it is at one moment, for looking things up in it on any thread.
struct SegmentView: Sendable {
    let baseOffset: Offset
    /// Offset behind the last record.
    let nextOffset: Offset
    let file: any LogFile
    /// Where the batches end; the file may be longer.
    let byteCount: Int64
    let indexes: IndexLookup

    /// The first batch that reaches up to `offset`: the one that holds it, unless compaction has removed it.
    func locate(_ offset: Offset) throws(SegmentError) -> HeaderScan.Element? {
        var scan = HeaderScan(file, from: try indexedPosition(atOrBefore: offset), to: byteCount)
        while let batch = try scan.next() {
            if batch.header.lastOffset >= offset { return batch }
        }
        return nil
    }

    /// What to send to a reader that asks for `offset`; nil if the segment has nothing from there on.
    func slice(
        from offset: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool
    ) throws(SegmentError) -> LogSlice? {
        guard let first = try locate(offset) else { return nil }
        let limitPosition = try limit >= nextOffset ? byteCount : locate(limit)?.position ?? byteCount
        let target = first.position + Int64(max(0, maxBytes))
        var end = (position: limitPosition, offset: min(limit, nextOffset))
        if target < limitPosition { end = try boundary(before: target, from: first) }
        if end.position <= first.position {
            let isAllowed = atLeastOneBatch && first.endPosition <= limitPosition
            end = isAllowed ? (first.endPosition, first.header.nextOffset) : (first.position, offset)
        }
        return LogSlice(
            file: file, position: first.position, byteCount: Int(end.position - first.position),
            baseOffset: first.header.baseOffset, nextOffset: end.offset)
    }

    /// The last end of a batch that is at most `target`, from a batch on that begins before it.
    private func boundary(
        before target: Int64, from first: HeaderScan.Element
    ) throws(SegmentError) -> (position: Int64, offset: Offset) {
        let indexed: Int64
        do {
            indexed = try indexes.position(atOrBeforePosition: target)
        } catch {
            throw .storage(error)
        }
        var end = (position: first.position, offset: first.header.baseOffset)
        var scan = HeaderScan(file, from: max(first.position, indexed), to: byteCount)
        while let batch = try scan.next() {
            end = (batch.position, batch.header.baseOffset)
            if batch.endPosition > target { break }
            end = (batch.endPosition, batch.header.nextOffset)
        }
        return end
    }

    func indexedPosition(atOrBefore offset: Offset) throws(SegmentError) -> Int64 {
        do {
            return try indexes.position(atOrBefore: offset - baseOffset)
        } catch {
            throw .storage(error)
        }
    }
}
