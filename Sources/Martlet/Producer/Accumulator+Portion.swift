internal import MartletCore

extension Accumulator {
    /// What a portion of records came to. Neighbours in one batch are told of together, so that a record
    /// costs no allocation, and no counting of references, for its delivery.
    struct Portion: Sendable {
        struct Run: Sendable {
            let batch: BatchDelivery
            /// Index of the first record in the batch.
            let first: Int32
            var count: Int32
        }

        var runs: [Run] = []
        var count = 0
        var wakesSender = false
        /// Whether any record brings a timestamp of its own.
        var hasTimestamps = false
    }

    /// Appends records until one meets an obstacle, which is then for the caller to clear.
    mutating func append(
        _ records: ArraySlice<ProducerRecord>, at now: Instant, time: Timestamp, isAwaited: Bool
    ) -> (Portion, hasObstacle: Bool) {
        var portion = Portion()
        // Neither the loop nor the call copies a record.
        let isComplete = records.withUnsafeBufferPointer { records in
            for index in records.indices {
                var obstacle: AppendResult?
                let ownTime = records[index].timestamp
                if ownTime != nil { portion.hasTimestamps = true }
                let batch = place(
                    records[index], clock: { now }, timestamp: ownTime ?? time, isAwaited: isAwaited,
                    reserved: 0, wakesSender: &portion.wakesSender, obstacle: &obstacle)
                guard let batch else { return false }
                portion.add(batch)
            }
            return true
        }
        return (portion, !isComplete)
    }
}

extension Accumulator.Portion {
    /// Takes the last record of a batch.
    @inline(__always)
    fileprivate mutating func add(_ batch: ProducerBatch) {
        count += 1
        if let last = runs.indices.last, runs[last].batch === batch.delivery {
            runs[last].count += 1
        } else {
            runs.append(Run(batch: batch.delivery, first: Int32(batch.recordCount - 1), count: 1))
        }
    }
}
