package import MartletRecords

/// Which segments a log deletes as a whole, from its start. A policy of Apache Kafka's topics, as are those
/// below.
package struct RetentionPolicy: Sendable, Equatable {
    /// `cleanup.policy` contains `delete`. Segments below the log's start are deleted in any case.
    package var isEnabled = true
    /// `retention.ms`: a segment goes when its newest record is older than this; nil for never.
    package var milliseconds: Int64? = 7 * 24 * 3_600_000
    /// `retention.bytes`: the oldest segments go while the others together have at least so many bytes; nil
    /// for never.
    package var byteCount: Int64?

    package init() {}
}

/// How a log keeps the last value of each key only.
package struct CompactionPolicy: Sendable, Equatable {
    /// `min.cleanable.dirty.ratio`: the log is compacted when this share of it is new.
    package var minCleanableDirtyRatio = 0.5
    /// `min.compaction.lag.ms`: records younger than this are not touched.
    package var minLagMs: Int64 = 0
    /// `max.compaction.lag.ms`: the log is compacted at the latest when a record has waited for so long.
    package var maxLagMs = Int64.max
    /// `delete.retention.ms`: how long the mark of a deleted key stays after it was first compacted.
    package var deleteRetentionMs: Int64 = 24 * 3_600_000

    package init() {}
}

/// How sealed segments are rewritten to take less space.
package struct SegmentCompressionPolicy: Sendable, Equatable {
    package var compression: Compression
    /// On the codec's own scale; nil for its default.
    package var level: Int32?
    /// `martlet.segment.compression.min.lag.ms`: a segment is left alone for so long after its last record,
    /// as its readers are close behind.
    package var minLagMs: Int64 = 60_000

    package init(_ compression: Compression) {
        self.compression = compression
    }
}
