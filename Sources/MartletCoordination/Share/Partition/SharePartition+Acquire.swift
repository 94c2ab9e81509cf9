package import MartletCore
package import MartletWire

/// What a member asks for, in one partition.
package struct ShareAcquisition: Sendable {
    package var member: MemberID
    package var maximumRecords: Int
    /// Where acquired records may be cut, so that acknowledgements come in handy pieces.
    package var batchSize: Int
    package var mode: ShareAcquireMode

    package init(member: MemberID, maximumRecords: Int, batchSize: Int, mode: ShareAcquireMode) {
        self.member = member
        self.maximumRecords = maximumRecords
        self.batchSize = batchSize
        self.mode = mode
    }
}

/// A record batch that was read from the log. Its offsets may have gaps where records were compacted away.
package struct LogBatch: Hashable, Sendable {
    package var first: Offset
    /// Inclusive.
    package var last: Offset
    /// False for markers and for the records of aborted transactions, where the group reads committed.
    package var isDeliverable: Bool

    package init(first: Offset, last: Offset, isDeliverable: Bool = true) {
        self.first = first
        self.last = last
        self.isDeliverable = isDeliverable
    }
}

extension SharePartition {
    /// Gives records to a member.
    ///
    /// - Parameters:
    ///   - offset: What `fetchOffset()` said just now.
    ///   - batches: What the log has from there on.
    package mutating func acquire(
        _ wanted: ShareAcquisition, from offset: Offset, _ batches: some Sequence<LogBatch>, now: Timestamp
    ) -> [ShareFetchResponse.AcquiredRecords] {
        guard offset >= start, offset <= end else { return [] }
        let lockEnd = now + settings.lockDurationMs
        var acquired = AcquiredList(
            state: .acquired(by: wanted.member, until: lockEnd), batchSize: wanted.batchSize,
            room: settings.maximumInFlight - inFlightCount)
        var position = offset
        for batch in batches where batch.last >= position {
            guard acquired.count < wanted.maximumRecords else { break }
            if batch.first > position { skip(position, batch.first - 1) }
            position = max(position, batch.first)
            if batch.isDeliverable {
                let isStrict = wanted.mode == .recordLimit
                acquired.limit = isStrict ? wanted.maximumRecords - acquired.count : .max
                take(position, batch.last, &acquired)
                acquired.isAtBoundary = true
            } else {
                skip(position, batch.last)
            }
            position = batch.last + 1
            // There was no room for the rest of it, so there is none for what follows.
            if end < position { break }
        }
        if !acquired.ranges.isEmpty { noteLock(until: lockEnd) }
        advanceStart()
        return acquired.ranges
    }

    mutating func noteLock(until time: Timestamp) {
        nextLockEnd = nextLockEnd.map { min($0, time) } ?? time
    }

    /// Acquires the available ones of these records, as many as the limits allow.
    private mutating func take(_ first: Offset, _ last: Offset, _ acquired: inout AcquiredList) {
        for span in spans.overlapping(first, last).filter(\.state.isAvailable) {
            guard acquired.limit > 0 else { return }
            let from = max(span.first, first)
            let to = min(span.last, last)
            guard span.deliveryCount < settings.deliveryCountLimit else {
                // The limit has been lowered since.
                giveUp(from, to, .exhausted)
                continue
            }
            let end = Self.last(from, to, atMost: acquired.limit)
            spans.change(from, end) { span in
                span.state = acquired.state
                span.deliveryCount += 1
            }
            acquired.append(from, end, span.deliveryCount + 1)
        }
        guard last >= end, acquired.limit > 0, acquired.room > 0 else { return }
        let from = end
        let to = Self.last(from, last, atMost: min(acquired.room, acquired.limit))
        extend(to: to, acquired.state, deliveryCount: 1)
        acquired.append(from, to, 1)
        acquired.room -= Int(to - from) + 1
    }

    private static func last(_ first: Offset, _ last: Offset, atMost count: Int) -> Offset {
        last - first < Int64(count) ? last : first + Int64(count) - 1
    }

    /// Marks those of these offsets as done with that are available or new: there is nothing to deliver.
    private mutating func skip(_ first: Offset, _ last: Offset) {
        var hasChanged = false
        spans.change(first, min(last, end - 1)) { span in
            guard span.state.isAvailable else { return }
            span.state = .archived
            span.saving = .unsaved
            hasChanged = true
        }
        if last >= end {
            extend(to: last, .archived, deliveryCount: 0, .unsaved)
            hasChanged = true
        }
        if hasChanged { didChange() }
    }
}

/// Acquired records as the member is told of them.
private struct AcquiredList {
    let state: RecordState
    let batchSize: Int
    /// How many new records may be acquired yet.
    var room: Int
    /// How many records may be acquired yet.
    var limit = Int.max
    private(set) var ranges: [ShareFetchResponse.AcquiredRecords] = []
    private(set) var count = 0
    /// Whether a batch of the log ends behind the last range.
    var isAtBoundary = false

    init(state: RecordState, batchSize: Int, room: Int) {
        self.state = state
        self.batchSize = batchSize
        self.room = room
    }

    mutating func append(_ first: Offset, _ last: Offset, _ deliveryCount: Int16) {
        let added = Int(last - first) + 1
        count += added
        limit -= added
        if let previous = ranges.last, previous.lastOffset + 1 == first,
            previous.deliveryCount == deliveryCount,
            !isAtBoundary || Int(first - previous.firstOffset) < batchSize
        {
            ranges[ranges.count - 1].lastOffset = last
        } else {
            var range = ShareFetchResponse.AcquiredRecords()
            range.firstOffset = first
            range.lastOffset = last
            range.deliveryCount = deliveryCount
            ranges.append(range)
        }
        isAtBoundary = false
    }
}
