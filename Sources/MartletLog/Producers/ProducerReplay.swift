internal import MartletCore
internal import MartletRecords

/// Follows the batches of a log by their headers, to learn again what they say of producers and transactions.
struct ProducerReplay {
    private(set) var states: ProducerStates
    /// What was aborted since this was last taken.
    private var aborted = TransactionIndex()
    /// Taken over where the replay comes by.
    private var later: Snapshot?
    private let now: Timestamp

    /// The producers as of an offset.
    struct Snapshot {
        var states = ProducerStates()
        var offset: Offset = 0
    }

    /// - Parameters:
    ///   - states: As of where the replay begins.
    ///   - later: As of an offset that it passes. Compaction may have removed what this still knows of
    ///     producers; but what was aborted stands in the log for as long as it matters.
    ///   - now: When producers count as heard of.
    init(_ states: ProducerStates, later: Snapshot? = nil, now: Timestamp) {
        self.states = states
        self.later = later
        self.now = now
    }

    /// Goes on with a segment, from the first batch at or behind an offset.
    mutating func run(_ view: SegmentView, from: Offset) throws(SegmentError) {
        for stretch in view.stretches(from: from) {
            let start = try view.scan(from: max(from, stretch.offsets.lowerBound), in: stretch).position
            // Headers alone, as a start must not take the time to read whole segments.
            var scan = HeaderScan(view.file, from: start, to: stretch.positions.upperBound)
            while let batch = try scan.next() {
                guard batch.header.baseOffset >= from else { continue }
                if let later, batch.header.baseOffset >= later.offset { finish() }
                if batch.header.hasProducerID { try note(batch, in: view) }
            }
        }
    }

    private mutating func note(_ batch: HeaderScan.Element, in view: SegmentView) throws(SegmentError) {
        let marker = batch.header.isControl ? try batch.marker(in: view) : nil
        if let transaction = states.replay(batch.header, marker: marker, now: now) {
            aborted.append(transaction)
        }
    }

    /// The index of what was replayed since the last call.
    mutating func takeAborted() -> TransactionIndex {
        defer { aborted = TransactionIndex() }
        return aborted
    }

    /// There is nothing more to come before the later snapshot.
    private mutating func finish() {
        if let later { states = later.states }
        later = nil
    }

    /// The producers in the end.
    consuming func finished(expiringAfter expirationMs: Int64) -> ProducerStates {
        finish()
        states.expire(now: now, after: expirationMs)
        return states
    }
}

extension HeaderScan.Element {
    /// What a control batch says; nil if it does not end a transaction.
    func marker(in view: SegmentView) throws(SegmentError) -> TransactionMarker? {
        let slice = LogSlice(
            file: view.file, position: position, byteCount: header.byteCount, baseOffset: header.baseOffset,
            nextOffset: header.nextOffset)
        do throws(FileSystemError) {
            return TransactionMarker(try slice.bytes())
        } catch {
            throw .storage(error)
        }
    }
}
