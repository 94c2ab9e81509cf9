internal import MartletCore
internal import MartletLog
internal import NIOCore

/// A log's sealed segments, lent to a thread that works on them.
struct MaintenanceLoan: Sendable {
    /// Whose they are. It is on its shard's loop, also after it was taken out of the shard's table.
    let partition: NIOLoopBound<Partition>
    let id: TopicPartition
    let topicID: TopicID
    let view: MaintenanceView
}

extension Partition {
    /// Lends the sealed segments; nil if there are none, if others work on them, or if the log cannot change.
    /// Whoever gets them gives them back with `finishMaintenance`, for which `retire` waits.
    func beginMaintenance() -> MaintenanceLoan? {
        guard !isClosed, let view = log.beginMaintenance() else { return nil }
        maintenance = view.cancellation
        beginDiskJob()
        return MaintenanceLoan(
            partition: NIOLoopBound(self, eventLoop: shard.eventLoop), id: id, topicID: topicID, view: view)
    }

    /// Takes the segments back, with what was done to them.
    func finishMaintenance(_ outcome: MaintenanceOutcome, _ failure: LogError?) {
        maintenance = nil
        log.finishMaintenance(outcome, failure, now: shard.environment.clock())
        if let failure { shard.note(failure) }
        failProducersIfOffline()
        endDiskJob()
    }

    /// Whether there may be anything to delete: a segment that is no longer written, or one that is too old.
    var mayExpire: Bool {
        log.segmentCount > 1 || log.offsets.start < log.offsets.end
    }

    /// Whether there may be anything to compact or to compress.
    var mayShrink: Bool {
        log.segmentCount > 1
            && (configuration.compaction != nil || configuration.segmentCompression != nil)
    }
}
