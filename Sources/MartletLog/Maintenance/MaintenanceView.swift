package import MartletCore
internal import Synchronization

/// A log as it is at one moment, for work on its sealed segments: deleting, compacting, compressing them.
/// Taken from the log on its event loop, used on a thread, and ended by `PartitionLog.finishMaintenance`.
///
/// There is one at a time for each log, so that nobody else adds, removes or replaces sealed segments; but
/// the log goes on appending, and may seal more.
package struct MaintenanceView: Sendable {
    package let topicPartition: TopicPartition
    package let configuration: LogConfiguration
    package let cancellation = MaintenanceCancellation()
    /// Where the log starts; what lies below was deleted.
    package let start: Offset
    let directory: String
    let fileSystem: any FileSystem
    let sealed: [SealedSegment]
    let active: SegmentView
    let activeLargestTime: Timestamp
    /// Records below survive a power cut, whatever the durability class, and their transactions are decided.
    let stable: Offset
    /// Segments that end here or before are stable with all that belongs to them.
    let sealedPoint: Offset
    /// Records below survive a power cut, and may be seen; their transactions may be open. It is what
    /// deleting goes by: a transaction that nobody ends must not keep a log from being cleaned.
    let durable: Offset
    /// Segments that end here or before are so with all that belongs to them.
    let durableSealedPoint: Offset
    let producers: ProducerStates

    func path(_ kind: SegmentFile, _ base: Offset) -> String { join(directory, kind.name(base)) }
}

/// Tells maintenance to stop soon: its log is being closed, or deleted.
package final class MaintenanceCancellation: Sendable {
    private let flag = Atomic(false)

    package func cancel() { flag.store(true, ordering: .relaxed) }

    package var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// What maintenance has done to the files of a log, which does not know it yet.
package struct MaintenanceOutcome: Sendable {
    /// Segments whose files are gone, or under another name.
    var removed: [SealedSegment] = []
    /// Segments that others stand for now, in order.
    var replaced: [Replacement] = []
    /// Everything below was compacted.
    package var cleanedOffset: Offset?
    /// A segment was looked at, changed or not, and there may be others.
    package var mayHaveMore = false
    /// The active segment holds only what is to be deleted, so it should be sealed.
    var wantsRoll = false
    /// Files that readers may still be using, for removal when `file.delete.delay.ms` have passed.
    package var discardedPaths: [String] = []
    /// For the log of the broker.
    package var figures = MaintenanceFigures()

    package struct Replacement: Sendable {
        var old: [SealedSegment]
        var new: SealedSegment
    }

    package init() {}

    /// Nothing was done.
    package var isEmpty: Bool {
        removed.isEmpty && replaced.isEmpty && cleanedOffset == nil && !wantsRoll
    }
}

/// What maintenance has cost, and gained.
package struct MaintenanceFigures: Sendable, Equatable {
    package var deletedSegmentCount = 0
    package var deletedByteCount: Int64 = 0
    package var rewrittenSegmentCount = 0
    package var readByteCount: Int64 = 0
    package var writtenByteCount: Int64 = 0
    package var removedRecordCount = 0

    package init() {}
}

extension PartitionLog {
    /// Lends the sealed segments for maintenance. Nil while others work on them, or if the log does not
    /// accept changes.
    package func beginMaintenance() -> MaintenanceView? {
        guard case .open = state, !isInMaintenance, !isSurveying else { return nil }
        isInMaintenance = true
        // What a power cut could take back is not decided, whatever the durability class.
        let undecided = [producers.firstOpenTransaction, ended.firstStart(withMarkerFrom: recoveryPoint)]
        let stable = undecided.compactMap(\.self).reduce(min(offsets.lastStable, recoveryPoint), min)
        let durable = min(offsets.highWatermark, recoveryPoint)
        return MaintenanceView(
            topicPartition: topicPartition, configuration: configuration, start: offsets.start,
            directory: directory, fileSystem: fileSystem, sealed: sealed, active: active.view,
            activeLargestTime: active.largestTime, stable: stable, sealedPoint: min(stable, sealedPoint),
            durable: durable, durableSealedPoint: min(durable, sealedPoint), producers: producers)
    }

    /// Takes over what maintenance has done. It counts also if there was an error in the end.
    package func finishMaintenance(_ outcome: MaintenanceOutcome, _ failure: LogError?, now: Timestamp) {
        precondition(isInMaintenance, "maintenance is finished once")
        isInMaintenance = false
        for replacement in outcome.replaced { replace(replacement) }
        if !outcome.removed.isEmpty {
            let removed = Set(outcome.removed.map(ObjectIdentifier.init))
            sealed.removeAll { removed.contains(ObjectIdentifier($0)) }
            advanceStart(to: sealed.first?.baseOffset ?? active.baseOffset)
        }
        letGo(of: outcome.replaced.flatMap(\.old) + outcome.removed)
        if case .offline(_, let cause) = failure { goOffline(cause) }
        if case .damaged(_, let path, _, _) = failure {
            for segment in sealed where [.log, .txnindex].contains(where: { segment.path($0) == path }) {
                segment.checks.wantSurvey()
                surveys.add(segment)
            }
        }
        if outcome.wantsRoll, case .open = state, !active.isEmpty { try? roll(now: now) }
    }

    private func replace(_ replacement: MaintenanceOutcome.Replacement) {
        guard let first = replacement.old.first,
            let index = sealed.firstIndex(where: { $0 === first })
        else { preconditionFailure("segments in maintenance stay where they are") }
        sealed.replaceSubrange(index..<index + replacement.old.count, with: [replacement.new])
    }

    /// Closes what the log itself has open of segments whose files have no name any more: only readers that
    /// are still at it keep their space on the disk.
    private func letGo(of segments: [SealedSegment]) {
        guard !segments.isEmpty else { return }
        let offsets = Set(segments.map(\.baseOffset))
        writeBacks.forget(offsets)
        if let lastRead, offsets.contains(lastRead.view.baseOffset) { self.lastRead = nil }
    }
}

extension MaintenanceFigures: CustomStringConvertible {
    package var description: String {
        var parts: [String] = []
        if deletedSegmentCount > 0 {
            parts.append("deleted \(deletedSegmentCount) segments of \(deletedByteCount) bytes")
        }
        if rewrittenSegmentCount > 0 {
            parts.append(
                "rewrote \(rewrittenSegmentCount) segments: read \(readByteCount) bytes, wrote "
                    + "\(writtenByteCount), left out \(removedRecordCount) records")
        }
        return parts.isEmpty ? "nothing to do" : parts.joined(separator: "; ")
    }
}
