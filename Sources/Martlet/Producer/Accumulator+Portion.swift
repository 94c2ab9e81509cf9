internal import MartletCore

extension Accumulator {
    /// What a portion of records came to.
    struct Portion: Sendable {
        struct Entry: Sendable {
            let batch: BatchDelivery
            let index: Int32
        }

        var entries: [Entry] = []
        var wakesSender = false
    }

    /// Appends records until one meets an obstacle, which is then for the caller to clear.
    mutating func append(
        _ records: ArraySlice<ProducerRecord>, at now: Instant, time: Timestamp, isAwaited: Bool
    ) -> (Portion, obstacle: Bool) {
        var portion = Portion()
        portion.entries.reserveCapacity(records.count)
        for record in records {
            let result = append(
                record, at: now, timestamp: record.timestamp ?? time, isAwaited: isAwaited, reserved: 0)
            guard case .appended(let batch, let index, let wakesSender) = result else {
                return (portion, true)
            }
            portion.entries.append(Portion.Entry(batch: batch, index: index))
            if wakesSender { portion.wakesSender = true }
        }
        return (portion, false)
    }
}
