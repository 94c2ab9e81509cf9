internal import MartletCore
internal import MartletRecords

extension ProducerBatch {
    /// Two batches with the records of one that was refused as too large.
    struct Halves: Sendable {
        let first: ProducerBatch
        let second: ProducerBatch
    }

    /// Splits a batch, which its caller owns, of at least two records near the middle of its bytes.
    ///
    /// The halves keep order and sequence: to the broker, which has refused the whole, they are what it
    /// expects next. They count as sent before, so that they go out one by one and ahead of all else.
    func split(after error: MartletError) throws(RecordError) -> Halves {
        guard let encoded else { throw .batchTooLarge }
        let records = try RecordBatch(encoded.bytes).records()
        let middle = BatchHeader.byteCount + records.bytes.count / 2
        var front = RecordBatchBuilder(capacity: middle)
        var back = RecordBatchBuilder(capacity: middle)
        var remaining = records
        while let record = try remaining.next() {
            // Each half gets one at least.
            let isLast = front.recordCount + 1 == recordCount
            if front.isEmpty || back.isEmpty && !isLast && front.estimatedByteCount < middle {
                try front.append(record)
            } else {
                try back.append(record)
            }
        }
        let boundary = Int32(front.recordCount)
        return Halves(
            first: part(front, from: 0, after: error), second: part(back, from: boundary, after: error))
    }

    private func part(
        _ builder: consuming RecordBatchBuilder, from first: Int32, after error: MartletError
    ) -> ProducerBatch {
        let place = Place(ordinal: place.ordinal, firstRecord: place.firstRecord + first)
        let part = ProducerBatch(
            partition: partition, place: place, createdAt: createdAt, records: builder, backoff: backoff)
        part.identity = identity
        if hasSequence { part.baseSequence = BatchHeader.sequence(baseSequence, advancedBy: first) }
        part.attempts = attempts
        part.lastError = error
        part.isAwaited = isAwaited
        part.hasUnawaitedRecords = hasUnawaitedRecords
        return part
    }
}

extension RecordBatchBuilder {
    fileprivate mutating func append(_ record: Record) throws(RecordError) {
        try append(
            key: record.key, value: record.value, headers: record.headers, timestamp: record.timestamp)
    }
}
