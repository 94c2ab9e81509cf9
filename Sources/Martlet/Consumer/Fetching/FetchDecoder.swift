internal import MartletCore
internal import MartletRecords
internal import MartletWire

/// One partition's part of a fetch response, not yet looked at beyond its batch headers.
struct FetchedPartition: Sendable {
    let partition: TopicPartition
    let round: Int
    /// What was asked for.
    var fetchOffset: Offset = .none
    let records: Bytes
    let highWatermark: Offset
    let logStartOffset: Offset
    let abortedTransactions: [FetchResponse.AbortedTransaction]
    /// Behind the last whole batch; nil if there is none.
    let nextOffset: Offset?
    /// Of the last whole batch.
    var leaderEpoch = LeaderEpoch.none

    /// Header of the last whole batch. Walks over the batch headers only.
    static func lastHeader(in records: Bytes) throws(RecordError) -> BatchHeader? {
        try records.withUnsafeBytes { bytes throws(RecordError) in
            var cursor = BatchCursor(bytes)
            var last: BatchHeader?
            while let batch = try cursor.next() { last = batch.header }
            return last
        }
    }
}

/// Makes batches for the user of what was fetched: checks, decompresses, leaves out what is not to be seen.
struct FetchDecoder {
    let checksChecksums: Bool
    let isolationLevel: IsolationLevel
    let maximumDecompressedBytes: Int

    /// - Returns: nil if there is no record to see in the range.
    func decode(_ fetched: FetchedPartition, range: Range<Offset>) throws(RecordError) -> ConsumerBatch? {
        var parts: [RecordBatch.Records] = []
        var filter = AbortedRecordFilter(fetched.abortedTransactions)
        var next = range.lowerBound
        var count = 0
        var first: Offset?
        var last: Offset = 0
        var epoch = LeaderEpoch.none
        let elements = try fetched.records.withUnsafeBytes { bytes throws(RecordError) in
            var cursor = BatchCursor(bytes)
            var elements: [BatchCursor.Element] = []
            while let element = try cursor.next() { elements.append(element) }
            return elements
        }
        for element in elements {
            guard element.header.nextOffset > range.lowerBound else {
                // A marker in front of the range ends a transaction that the filter would look for in it.
                if element.header.isControl {
                    _ = try isHidden(RecordBatch(fetched.records[element.range]), &filter)
                }
                continue
            }
            guard element.header.baseOffset < range.upperBound else { break }
            next = element.header.nextOffset
            let batch = try RecordBatch(fetched.records[element.range])
            if checksChecksums {
                try batch.bytes.withUnsafeBytes { bytes throws(RecordError) in
                    try batch.header.validateChecksum(bytes)
                }
            }
            if try isHidden(batch, &filter) { continue }
            let records = try batch.records(maximumDecompressedBytes: maximumDecompressedBytes)
            var visible = 0
            try records.forEach { view, _ throws(RecordError) in
                if view.headerCount > 0 { _ = try records.record(view) }
                let offset = batch.header.offset(of: view)
                guard range.contains(offset) else { return }
                visible += 1
                first = first ?? offset
                last = offset
            }
            guard visible > 0 else { continue }
            count += visible
            epoch = batch.header.leaderEpoch
            parts.append(records)
        }
        guard let first else { return nil }
        return ConsumerBatch(
            partition: fetched.partition, count: count, firstOffset: first, lastOffset: last,
            nextOffset: min(next, range.upperBound), highWatermark: fetched.highWatermark,
            logStartOffset: fetched.logStartOffset, leaderEpoch: epoch, byteCount: fetched.records.count,
            parts: parts,
            range: range)
    }

    private func isHidden(
        _ batch: RecordBatch, _ filter: inout AbortedRecordFilter
    ) throws(RecordError) -> Bool {
        if isolationLevel == .readCommitted, try filter.hides(batch) { return true }
        return batch.header.isControl
    }
}

/// Knows which transactional batches were aborted.
///
/// The broker names each aborted transaction by producer and first offset; it ends at that producer's abort
/// marker.
struct AbortedRecordFilter {
    /// By first offset, the lowest last.
    private var upcoming: [FetchResponse.AbortedTransaction]
    private var aborting: Set<ProducerID> = []

    /// Type of the control record that ends an aborted transaction.
    private static let abortMarker: Int16 = 0

    init(_ transactions: [FetchResponse.AbortedTransaction]) {
        upcoming = transactions.sorted { $0.firstOffset > $1.firstOffset }
    }

    /// To be asked for each batch, in order.
    mutating func hides(_ batch: RecordBatch) throws(RecordError) -> Bool {
        while let next = upcoming.last, next.firstOffset <= batch.header.lastOffset {
            aborting.insert(next.producerID)
            upcoming.removeLast()
        }
        guard batch.header.isTransactional else { return false }
        if batch.header.isControl {
            if try Self.controlType(of: batch) == Self.abortMarker {
                aborting.remove(batch.header.producerID)
            }
            return true
        }
        return aborting.contains(batch.header.producerID)
    }

    /// The key of a control record is a version and a type, int16 each.
    private static func controlType(of batch: RecordBatch) throws(RecordError) -> Int16? {
        var records = try batch.records()
        guard let key = try records.next()?.key, key.count >= 4 else { return nil }
        return key.withUnsafeBytes { Int16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: Int16.self)) }
    }
}
