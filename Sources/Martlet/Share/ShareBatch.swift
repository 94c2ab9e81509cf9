public import MartletCore
internal import MartletRecords

/// Records of one partition that a member of a share group has taken at once; never empty.
///
///     for try await batch in consumer.batches {
///         for record in batch { consumer.acknowledge(record, await work(on: record) ? .accept : .release) }
///     }
///
/// Offsets need not follow each other: those between may be with other members, or done.
public struct ShareBatch: Sendable {
    public let partition: TopicPartition
    /// How many records.
    public let count: Int
    /// Of the first record.
    public let firstOffset: Offset
    /// Of the last record.
    public let lastOffset: Offset
    /// When the group's lock on the records runs out, by this process's clock; from then on others may get
    /// them. `ShareConsumer.renew` puts it off.
    public let lockedUntil: ContinuousClock.Instant

    /// Consecutive records with the same count of deliveries.
    struct Run: Hashable {
        let range: ClosedRange<Offset>
        let deliveryCount: Int
    }

    /// What was fetched, and more than is ours. Already read once, so reading it again cannot fail.
    let fetched: ConsumerBatch
    /// What of it is ours, in order.
    let runs: [Run]
    let id: HeldBatch.ID
}

extension ShareBatch: Sequence {
    public struct Iterator: IteratorProtocol {
        private var records: ConsumerBatch.Iterator
        private var runs: ArraySlice<Run>
        private let partition: TopicPartition

        init(_ batch: ShareBatch) {
            records = batch.fetched.makeIterator()
            runs = batch.runs[...]
            partition = batch.partition
        }

        public mutating func next() -> ShareRecord? {
            while let record = records.next() {
                while let run = runs.first, run.range.upperBound < record.offset { runs.removeFirst() }
                guard let run = runs.first else { return nil }
                guard run.range.contains(record.offset) else { continue }
                return ShareRecord(
                    partition: partition, record: record, deliveryCount: run.deliveryCount)
            }
            return nil
        }
    }

    public func makeIterator() -> Iterator { Iterator(self) }

    public var underestimatedCount: Int { count }
}

extension ShareBatch {
    /// The records behind the first `count`; nil if there are none.
    func rest(after count: Int, of held: HeldBatch) -> ShareBatch? {
        let offsets = held.offsets.dropFirst(count)
        guard let first = offsets.first, let last = offsets.last else { return nil }
        return ShareBatch(
            partition: partition, count: offsets.count, firstOffset: first, lastOffset: last,
            lockedUntil: lockedUntil, fetched: fetched,
            runs: runs.compactMap { run in
                guard run.range.upperBound >= first else { return nil }
                let range = Swift.max(run.range.lowerBound, first)...run.range.upperBound
                return Run(range: range, deliveryCount: run.deliveryCount)
            }, id: id)
    }
}
