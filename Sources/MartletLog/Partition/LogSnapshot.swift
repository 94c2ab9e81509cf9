package import MartletCore

/// A log as it is at one moment, for look-ups that may have to read: use it on a thread pool.
package struct LogSnapshot: Sendable {
    package let topicPartition: TopicPartition
    let sealed: [SealedSegment]
    let active: SegmentView
    let start: Offset
    /// Records from here on are not seen.
    let limit: Offset

    /// The first record whose time is at least `timestamp`; nil if there is none below the high watermark.
    package func offset(forTimestamp timestamp: Timestamp) throws(LogError) -> TimestampedOffset? {
        do throws(SegmentError) {
            for segment in sealed {
                let view = try segment.open().view
                if let last = try view.largestIndexedTime(), last < timestamp { continue }
                if let found = try view.firstRecord(since: timestamp, from: start) { return visible(found) }
            }
            return visible(try active.firstRecord(since: timestamp, from: start))
        } catch {
            throw LogError(error, in: topicPartition)
        }
    }

    /// The first record with the largest time below the high watermark; nil in an empty log.
    package func maxTimestamp() throws(LogError) -> TimestampedOffset? {
        do throws(SegmentError) {
            var best: TimestampedOffset?
            for segment in sealed {
                let view = try segment.open().view
                if let best, let last = try view.largestIndexedTime(), last <= best.timestamp { continue }
                best = larger(best, try view.recordWithLargestTime(from: start, upTo: limit))
            }
            return larger(best, try active.recordWithLargestTime(from: start, upTo: limit))
        } catch {
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
