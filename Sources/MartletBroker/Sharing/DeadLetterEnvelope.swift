internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords

/// What a copied record says of itself, in headers beside its own.
struct DeadLetterEnvelope: Sendable {
    private let letter: DeadLetter
    private let group: GroupID
    private let source: TopicPartition
    private let first: Offset
    private let now: Timestamp

    /// Batches of copies are not larger, but for one with a single record.
    private static let batchByteCount = 256 << 10

    init(_ letter: DeadLetter, group: GroupID, source: TopicPartition, from first: Offset, now: Timestamp) {
        self.letter = letter
        self.group = group
        self.source = source
        self.first = first
        self.now = now
    }

    /// The letter's records that are in this part of the log, as batches to append. Reads and decompresses,
    /// on a thread.
    func wrap(_ slice: LogSlice) throws(RecordError) -> [Bytes] {
        var batches: [Bytes] = []
        var builder = RecordBatchBuilder()
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
                let size = builder.estimatedByteCount + (record.value?.count ?? 0) + (record.key?.count ?? 0)
                if !builder.isEmpty, size > Self.batchByteCount { batches.append(try builder.build()) }
                try builder.append(
                    key: record.key, value: record.value, headers: record.headers + headers(for: record),
                    timestamp: now)
            }
        }
        if !builder.isEmpty { batches.append(try builder.build()) }
        return batches
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
