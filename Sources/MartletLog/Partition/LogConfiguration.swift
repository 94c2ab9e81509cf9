internal import MartletCore
package import MartletRecords

/// How one partition's log behaves. Defaults are those of Apache Kafka's topics where it has the setting.
package struct LogConfiguration: Sendable, Equatable {
    /// `segment.bytes`: a segment is closed before it would grow beyond this.
    package var segmentBytes = 1 << 30
    /// `segment.ms`: a segment is closed when it spans more time than this.
    package var segmentMs: Int64 = 7 * 24 * 3_600_000
    /// `segment.jitter.ms`: up to so much less than `segmentMs`, at random, so that not all logs roll at
    /// once.
    package var segmentJitterMs: Int64 = 0
    /// `index.interval.bytes`: about one index entry is made per this many bytes.
    package var indexIntervalBytes = 4_096
    /// `segment.index.bytes`: a segment is closed when one of its indexes would grow beyond this.
    package var segmentIndexBytes = 10 << 20
    /// `max.message.bytes`: the largest batch, as it was sent.
    package var maxMessageBytes = 1_048_588
    /// `message.timestamp.type`.
    package var timestampType = TimestampType.createTime
    /// `message.timestamp.before.max.ms`: how far behind the clock the first time of a batch may be.
    package var timestampBeforeMaxMs = Int64.max
    /// `message.timestamp.after.max.ms`: how far ahead of the clock the last time of a batch may be.
    package var timestampAfterMaxMs: Int64 = 3_600_000
    /// `producer.id.expiration.ms`: how long a silent producer is remembered.
    package var producerIDExpirationMs: Int64 = 24 * 3_600_000
    /// `martlet.durability`.
    package var durability = Durability.sync
    /// `flush.messages`: with `os` durability, `needsFlush` asks for a sync after this many records.
    package var flushMessages = Int64.max
    /// `flush.ms`: with `os` durability, `needsFlush` asks for a sync after this time.
    package var flushMs = Int64.max
    /// `cleanup.policy`, `retention.*`: what is deleted, and when.
    package var retention = RetentionPolicy()
    /// `cleanup.policy` contains `compact`: nil if it does not.
    package var compaction: CompactionPolicy?
    /// `martlet.segment.compression`: how sealed segments are stored; nil as they were appended.
    package var segmentCompression: SegmentCompressionPolicy?
    /// `file.delete.delay.ms`: how long the files of a deleted segment stay, under another name.
    package var fileDeleteDelayMs: Int64 = 60_000
    /// After a crash, what recovery checks byte by byte at the end of a segment even where it was synced.
    /// Before that it follows the batches by their headers only, so that a start does not take the time to
    /// read whole segments.
    package var recoveryCheckBytes = 96 << 20
    package var preallocation = Preallocation()
    package var writeBack = WriteBackPolicy()

    package init() {}

    /// When a segment is closed by its age: also in time for compaction, which leaves the active one alone.
    var rollMs: Int64 { min(segmentMs, compaction?.maxLagMs ?? .max) }
}

/// What it takes until a record is safe, and so visible to consumers.
package enum Durability: String, Sendable, CaseIterable {
    /// It was synced to disk: a power cut does not take it away.
    case sync
    /// The operating system has it: a crash of the broker does not take it away, a power cut may.
    case os
}

/// Segments get their space on disk ahead of the data, so that a sync need not write a new file size: that
/// costs milliseconds where the sync itself costs 100 µs.
package struct Preallocation: Sendable, Equatable {
    package var isEnabled = true
    /// What the first append of a segment reserves, so that a quiet partition costs little. Then the space
    /// doubles.
    package var smallestBytes = 64 << 10
    /// The most that is reserved ahead.
    package var largestBytes = 32 << 20

    package init() {}

    /// How far a file of this size should reach so that `end` has room.
    func reservation(for end: Int64, limit: Int) -> Int64 {
        let ahead = min(max(end, Int64(smallestBytes)), Int64(largestBytes))
        // Whole pages; never beyond the largest segment except for what must fit.
        let target = (end + ahead + 4_095) & ~4_095
        return max(end, min(target, Int64(limit)))
    }
}

/// When appended data is written back early and dropped from the page cache. Without this the kernel lets
/// dirty and cached pages pile up, and then every megabyte costs the reclaim of another.
package struct WriteBackPolicy: Sendable, Equatable {
    package var isEnabled = true
    /// Write-back starts whenever this much was appended.
    package var intervalBytes = 4 << 20
    /// What may be cached behind the end: the newest records, for consumers who follow closely, and what is
    /// on its way to the disk.
    package var tailWindowBytes = 64 << 20
    /// What stays cached even if all logs together are beyond the budget.
    package var smallestTailWindowBytes = 8 << 20
    /// Shared by all logs of a broker; nil bounds each log only by itself.
    package var budget: PageCacheBudget?

    package init() {}
}
