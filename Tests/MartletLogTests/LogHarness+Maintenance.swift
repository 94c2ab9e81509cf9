import MartletCore
import MartletLog
import MartletRecords
import Testing

extension LogHarness {
    private static let unlimited = MaintenanceThrottle(bytesPerSecond: .infinity)

    @discardableResult
    func retain() throws -> MaintenanceOutcome {
        try maintain { view, outcome throws(LogError) in try view.applyRetention(now: self.now, &outcome) }
    }

    @discardableResult
    func compact(cleaned: Offset? = nil, mapByteCount: Int = 1 << 20) throws -> MaintenanceOutcome {
        try maintain { view, outcome throws(LogError) in
            try view.compact(
                cleaned: cleaned, now: self.now, mapByteCount: mapByteCount, Self.unlimited, &outcome)
        }
    }

    /// Compresses all segments, one after the other.
    @discardableResult
    func compress() throws -> MaintenanceFigures {
        var total = MaintenanceFigures()
        var isDone = false
        while !isDone {
            let outcome = try maintain { view, outcome throws(LogError) in
                isDone = try !view.compressNextSegment(now: self.now, Self.unlimited, &outcome)
            }
            total.rewrittenSegmentCount += outcome.figures.rewrittenSegmentCount
            total.writtenByteCount += outcome.figures.writtenByteCount
        }
        return total
    }

    private func maintain(
        _ body: (MaintenanceView, inout MaintenanceOutcome) throws(LogError) -> Void
    ) throws -> MaintenanceOutcome {
        let view = try #require(log.beginMaintenance())
        var outcome = MaintenanceOutcome()
        var failure: LogError?
        do throws(LogError) {
            try body(view, &outcome)
        } catch {
            failure = error
        }
        log.finishMaintenance(outcome, failure, now: now)
        if let failure { throw failure }
        return outcome
    }

    /// All records from the start on.
    func records() throws -> [Record] {
        var records: [Record] = []
        var next = log.offsets.start
        while next < log.offsets.highWatermark {
            let slice = try log.read(
                from: next, upTo: log.offsets.highWatermark, maxBytes: 1_000, atLeastOneBatch: true)
            records += try slice.records().filter { $0.offset >= next }
            guard slice.nextOffset > next else { return records }
            next = slice.nextOffset
        }
        return records
    }

    /// Offset, key and value of each, in a form that is easy to compare.
    func contents() throws -> [String] {
        try records().map { record in
            let key = record.key.map(String.init(decoding:)) ?? "-"
            return "\(record.offset) \(key)=\(record.value.map(String.init(decoding:)) ?? "deleted")"
        }
    }

    var fileNames: [String] { (try? fileSystem.list(directory)) ?? [] }
}

/// A batch of records with keys; a nil value marks the key as deleted.
func keyed(
    _ records: KeyValuePairs<String, String?>, at timestamp: Timestamp = 1_700_000_000_000,
    _ configure: (inout RecordBatchBuilder.Options) -> Void = { _ in }
) throws -> Bytes {
    var builder = RecordBatchBuilder()
    for (key, value) in records {
        try builder.append(key: Bytes(key), value: value.map { Bytes($0) }, timestamp: timestamp)
    }
    var options = RecordBatchBuilder.Options()
    configure(&options)
    return try builder.build(options)
}
