package import MartletCore

/// A log as it is at one moment, for look-ups that may have to read: use it on a thread pool.
package struct LogSnapshot: Sendable {
    package let topicPartition: TopicPartition
    let sealed: [SealedSegment]
    let active: SegmentView
    let start: Offset
    /// Records from here on are not seen.
    let limit: Offset
    let surveys: SurveyQueue

    /// The first record whose time is at least `timestamp`; nil if there is none below the high watermark.
    package func offset(forTimestamp timestamp: Timestamp) throws(LogError) -> TimestampedOffset? {
        for segment in sealed {
            let found = try look(into: segment) { view throws(SegmentError) in
                if let last = view.largestKnownTime, last < timestamp { return nil }
                return try view.firstRecord(since: timestamp, from: start)
            }
            if let found { return visible(found) }
        }
        return visible(
            try lookIntoActive { view throws(SegmentError) in
                try view.firstRecord(since: timestamp, from: start)
            })
    }

    /// The first record with the largest time below the high watermark; nil in an empty log.
    package func maxTimestamp() throws(LogError) -> TimestampedOffset? {
        var best: TimestampedOffset?
        for segment in sealed {
            let found = try look(into: segment) { view throws(SegmentError) in
                if let best, let last = view.largestKnownTime, last <= best.timestamp { return nil }
                return try view.recordWithLargestTime(from: start, upTo: limit)
            }
            best = larger(best, found)
        }
        return larger(
            best,
            try lookIntoActive { view throws(SegmentError) in
                try view.recordWithLargestTime(from: start, upTo: limit)
            })
    }

    private typealias LookUp = (SegmentView) throws(SegmentError) -> TimestampedOffset?

    private func look(into segment: SealedSegment, _ lookUp: LookUp) throws(LogError) -> TimestampedOffset? {
        defer { surveys.add(segment) }
        do throws(SegmentError) {
            return try lookUp(try segment.open().view)
        } catch {
            if case .damaged = error { segment.checks.wantSurvey() }
            throw LogError(error, in: topicPartition)
        }
    }

    private func lookIntoActive(_ lookUp: LookUp) throws(LogError) -> TimestampedOffset? {
        defer { if active.checks.wantsSurvey { surveys.addActive() } }
        do throws(SegmentError) {
            return try lookUp(active)
        } catch {
            if case .damaged = error { active.checks.wantSurvey() }
            throw LogError(error, in: topicPartition)
        }
    }

    private func visible(_ found: TimestampedOffset?) -> TimestampedOffset? {
        found.flatMap { $0.offset < limit ? $0 : nil }
    }

    private func larger(_ left: TimestampedOffset?, _ right: TimestampedOffset?) -> TimestampedOffset? {
        guard let left, let right else { return left ?? right }
        return right.timestamp > left.timestamp ? right : left
    }
}
