internal import MartletCore
internal import MartletRecords

/// Finds out, from batch headers and markers alone, which transactional records of a log were aborted.
///
/// Memory grows with the number of aborted transactions, not with that of records.
struct TransactionScan {
    /// Data of a producer between these offsets was aborted: first record seen, and marker.
    private var aborted: [ProducerID: [ClosedRange<Offset>]] = [:]
    /// First record seen of transactions that have not ended yet.
    private var open: [ProducerID: Offset] = [:]
    /// Records of all kinds that were seen.
    private(set) var recordCount = 0

    var hasOpenTransactions: Bool { !open.isEmpty }

    /// Goes on with a segment, from `offset` on.
    mutating func scan(_ view: SegmentView, from offset: Offset) throws(SegmentError) {
        var scan = HeaderScan(
            view.file, from: try view.indexedPosition(atOrBefore: offset), to: view.byteCount)
        while let batch = try scan.next() {
            guard batch.header.lastOffset >= offset else { continue }
            recordCount += Int(batch.header.recordCount)
            try note(batch, in: view)
        }
    }

    private mutating func note(_ batch: HeaderScan.Element, in view: SegmentView) throws(SegmentError) {
        let header = batch.header
        guard header.isTransactional else { return }
        guard header.isControl else {
            if open[header.producerID] == nil { open[header.producerID] = header.baseOffset }
            return
        }
        guard let marker = try batch.marker(in: view),
            let first = open.removeValue(forKey: header.producerID), !marker.isCommit
        else {
            return
        }
        aborted[header.producerID, default: []].append(first...header.lastOffset)
    }

    /// Whether the batch belongs to a transaction that was aborted.
    func isAborted(_ header: BatchHeader) -> Bool {
        guard header.isTransactional, !header.isControl, let ranges = aborted[header.producerID] else {
            return false
        }
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < header.baseOffset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < ranges.count && ranges[low].contains(header.baseOffset)
    }
}
