internal import Metrics
internal import MartletLog

/// What happens to the logs of a broker, counted for whatever the process has chosen as its metrics backend.
struct LogMetrics: Sendable {
    private let damagedRegions = Counter(label: "martlet_log_damaged_regions_total")
    private let deletedSegments = Counter(label: "martlet_log_deleted_segments_total")
    private let deletedBytes = Counter(label: "martlet_log_deleted_bytes_total")
    private let rewrittenSegments = Counter(label: "martlet_log_rewritten_segments_total")
    private let rewriteReadBytes = Counter(label: "martlet_log_rewrite_read_bytes_total")
    private let rewriteWrittenBytes = Counter(label: "martlet_log_rewrite_written_bytes_total")
    private let compactedRecords = Counter(label: "martlet_log_compacted_records_total")

    func didFindDamage(_ regionCount: Int) {
        damagedRegions.increment(by: regionCount)
    }

    func didMaintain(_ figures: MaintenanceFigures) {
        deletedSegments.increment(by: figures.deletedSegmentCount)
        deletedBytes.increment(by: figures.deletedByteCount)
        rewrittenSegments.increment(by: figures.rewrittenSegmentCount)
        rewriteReadBytes.increment(by: figures.readByteCount)
        rewriteWrittenBytes.increment(by: figures.writtenByteCount)
        compactedRecords.increment(by: figures.removedRecordCount)
    }
}
