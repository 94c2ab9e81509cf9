public import MartletCore
public import MartletRecords

/// Consecutive records of one partition that were fetched together; never empty.
///
///     for try await batch in consumer.batches {
///         for record in batch { handle(batch.partition, record.offset, record.value) }
///     }
///
/// Keys and values are slices of what was fetched: keeping one keeps all. Copy what is to live long.
public struct ConsumerBatch: Sendable {
    public let partition: TopicPartition
    /// How many records.
    public let count: Int
    /// Of the first record.
    public let firstOffset: Offset
    /// Of the last record.
    public let lastOffset: Offset
    /// Where reading goes on. Not always behind `lastOffset`: what compaction or transactions left empty is
    /// skipped.
    public let nextOffset: Offset
    /// Behind the last record that consumers may read, as of the fetch.
    public let highWatermark: Offset
    /// The partition's first offset, as of the fetch.
    public let logStartOffset: Offset
    /// Term of the leader that wrote the last of them; `none` for records of very old brokers. Stored with
    /// the offset, it lets the next reader see whether the log is still the same (KIP-320).
    public let leaderEpoch: LeaderEpoch
    /// Bytes of the record batches as they were fetched.
    public let byteCount: Int

    /// Already read once, so reading them again cannot fail.
    let parts: [RecordBatch.Records]
    /// Offsets to hand out: the first batch may begin earlier, the last may end later.
    let range: Range<Offset>

    /// Whether these were the last records there were at the time.
    public var isAtEnd: Bool { nextOffset >= highWatermark }
}

extension ConsumerBatch: Sequence {
    public struct Iterator: IteratorProtocol {
        private var parts: ArraySlice<RecordBatch.Records>
        private var current: RecordBatch.Records?
        private let range: Range<Offset>

        init(_ batch: ConsumerBatch) {
            parts = batch.parts[...]
            current = parts.popFirst()
            range = batch.range
        }

        public mutating func next() -> Record? {
            while current != nil {
                // The consumer has checked every record before it made the batch.
                guard let record = try? current?.next() else {
                    current = parts.popFirst()
                    continue
                }
                if record.offset >= range.upperBound { return nil }
                if record.offset >= range.lowerBound { return record }
            }
            return nil
        }
    }

    public func makeIterator() -> Iterator { Iterator(self) }

    public var underestimatedCount: Int { count }
}
