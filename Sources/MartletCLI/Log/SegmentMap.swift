internal import Martlet
internal import MartletLog
internal import MartletRecords

/// Where the batches of a segment lie, to compare its indexes with.
struct SegmentMap {
    private struct Batch {
        var position: Int64
        var firstOffset: Offset
        var lastOffset: Offset
    }

    let baseOffset: Offset
    /// Behind the last batch.
    var end: Offset
    private var batches: [Batch] = []
    /// Where transactions were aborted.
    private var abortMarkers: Set<Offset> = []
    private var latest = Timestamp.none
    private var byteCount: Int64 = 0

    init(baseOffset: Offset) {
        self.baseOffset = baseOffset
        end = baseOffset
    }

    /// - Parameter marker: What the batch says of a transaction, if it is a marker.
    mutating func add(_ header: BatchHeader, at position: Int64, _ marker: TransactionMarker? = nil) {
        if marker?.isCommit == false { abortMarkers.insert(header.lastOffset) }
        batches.append(
            Batch(position: position, firstOffset: header.baseOffset, lastOffset: header.lastOffset))
        latest = max(latest, header.maxTimestamp)
        byteCount = position + Int64(header.byteCount)
    }

    /// An entry must lead to the beginning of a batch from which every offset from its own on can be found.
    func fault(inIndex bytes: UnsafeRawBufferPointer) -> String? {
        guard let index = OffsetIndex(decoding: bytes, segmentByteCount: max(byteCount, 1)) else {
            return "out of order, cut off, or beyond the segment"
        }
        for entry in index.entries {
            let offset = baseOffset + Int64(entry.relativeOffset)
            guard let batch = batch(at: Int64(entry.position)) else {
                // What an empty index looks like where its space is reserved.
                if batches.isEmpty, entry.position == 0 { continue }
                return
                    "the entry for offset \(offset) leads to position \(entry.position), where no batch begins"
            }
            guard batch.firstOffset <= offset, offset < end else {
                return "the entry for offset \(offset) leads to the batch of offsets "
                    + "\(batch.firstOffset) to \(batch.lastOffset)"
            }
        }
        return nil
    }

    func fault(inTimeIndex bytes: UnsafeRawBufferPointer) -> String? {
        guard let index = TimeIndex(decoding: bytes) else { return "out of order, or cut off" }
        for entry in index.entries where !batches.isEmpty {
            let offset = baseOffset + Int64(entry.relativeOffset)
            guard offset < end else { return "an entry names offset \(offset), behind the segment's last" }
            guard entry.timestamp <= latest else {
                return "an entry names time \(entry.timestamp), but the segment's latest is \(latest)"
            }
        }
        return nil
    }

    /// An entry tells consumers to leave out what a producer wrote up to a marker: that must be there.
    func fault(inTransactionIndex bytes: UnsafeRawBufferPointer) -> String? {
        let offsets = baseOffset..<max(end, baseOffset + 1)
        guard let index = TransactionIndex(decoding: bytes, within: offsets) else {
            return "out of order, cut off, or beyond the segment"
        }
        for entry in index.entries where !abortMarkers.contains(entry.lastOffset) {
            return "an entry names a marker at offset \(entry.lastOffset), where no transaction was aborted"
        }
        return nil
    }

    private func batch(at position: Int64) -> Batch? {
        var low = 0
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].position < position { low = middle + 1 } else { high = middle }
        }
        guard low < batches.count, batches[low].position == position else { return nil }
        return batches[low]
    }
}
