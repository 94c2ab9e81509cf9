internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords

/// What a copied record says of itself, in headers beside its own.
struct DeadLetterEnvelope: Sendable {
    private let letter: DeadLetter
    private let group: GroupID
    private let source: TopicPartition
    private let now: Timestamp
    /// Where to begin.
    var first: Offset
    /// Batches of copies are not larger, but for one with a single record.
    var batchByteCount = DeadLetterBatch.largestByteCount

    init(_ letter: DeadLetter, group: GroupID, source: TopicPartition, now: Timestamp) {
        self.letter = letter
        self.group = group
        self.source = source
        self.now = now
        first = letter.first
    }

    /// The letter's records that are in this part of the log, as batches to append. Reads and decompresses,
    /// on a thread.
    func wrap(_ slice: LogSlice) throws(RecordError) -> [DeadLetterBatch] {
        var batches = DeadLetterBatches()
        var rest: Bytes
        do {
            rest = try slice.bytes()
        } catch {
            throw .truncated(byteCount: 0, needed: slice.byteCount)
        }
        while !rest.isEmpty {
            let batch = try RecordBatch(rest)
            rest = rest[batch.bytes.count..<rest.count]
            guard !batch.header.isControl, batch.header.lastOffset >= first,
                batch.header.baseOffset <= letter.last
            else { continue }
            var records = try batch.records()
            while let record = try records.next() {
                guard record.offset >= first, record.offset <= letter.last else { continue }
                try batches.append(
                    record, headers: headers(for: record), at: now, largest: batchByteCount)
            }
        }
        return try batches.finish()
    }

    private func headers(for record: Record) -> [RecordHeader] {
        func header(_ name: String, _ value: some CustomStringConvertible) -> RecordHeader {
            RecordHeader(key: "martlet.dlq.\(name)", value: Bytes("\(value)"))
        }
        return [
            header("reason", letter.reason.rawValue), header("group", group),
            header("topic", source.topic), header("partition", source.partition),
            header("offset", record.offset), header("timestamp", record.timestamp),
            header("delivery.count", letter.deliveryCount),
        ]
    }
}

/// Copies to append together.
struct DeadLetterBatch: Sendable {
    /// As large as batches usually are.
    static let largestByteCount = 256 << 10

    let records: Bytes
    /// The offsets of the records that are copied: the first, and the one behind the last.
    let source: Range<Offset>
    let recordCount: Int
}

/// Copies as they gather in batches.
private struct DeadLetterBatches: ~Copyable {
    private var finished: [DeadLetterBatch] = []
    private var builder = RecordBatchBuilder()
    private var source: Range<Offset>?
    private var recordCount = 0

    mutating func append(
        _ record: Record, headers: [RecordHeader], at now: Timestamp, largest: Int
    ) throws(RecordError) {
        let size = builder.estimatedByteCount + (record.value?.count ?? 0) + (record.key?.count ?? 0)
        if size > largest { try close() }
        try builder.append(
            key: record.key, value: record.value, headers: record.headers + headers, timestamp: now)
        source = (source?.lowerBound ?? record.offset)..<record.offset + 1
        recordCount += 1
    }

    mutating func finish() throws(RecordError) -> [DeadLetterBatch] {
        try close()
        return finished
    }

    private mutating func close() throws(RecordError) {
        guard let source else { return }
        finished.append(
            DeadLetterBatch(records: try builder.build(), source: source, recordCount: recordCount))
        self.source = nil
        recordCount = 0
    }
}
