package import MartletCore

extension MaintenanceView {
    /// Deletes the segments at the start of the log that are too old, too many, or below its start. Their
    /// files get another name, under which those who read them go on.
    ///
    /// - Parameter outcome: What was done, also if it ends with an error.
    package func applyRetention(now: Timestamp, _ outcome: inout MaintenanceOutcome) throws(LogError) {
        do throws(SegmentError) {
            let count = try deletableCount(now: now)
            if count == sealed.count, isActiveExpired(now: now) { outcome.wantsRoll = true }
            for segment in sealed.prefix(count) { try delete(segment, &outcome) }
        } catch {
            throw LogError(error, in: topicPartition)
        }
    }

    /// How many segments go, counted from the start.
    private func deletableCount(now: Timestamp) throws(SegmentError) -> Int {
        let policy = configuration.retention
        var excess = Int64.min
        if policy.isEnabled, let limit = policy.byteCount {
            var total = active.byteCount
            for segment in sealed { total += try segment.facts().byteCount }
            excess = total - limit
        }
        var count = 0
        for segment in sealed {
            let facts = try segment.facts()
            let isBelowStart = segment.nextOffset <= start
            let isOld = policy.isEnabled && isExpired(facts.largestTimestamp, now: now)
            let isTooMuch = excess >= facts.byteCount
            guard isBelowStart || isOld || isTooMuch else { break }
            // What comes behind must be on disk before this goes: a power cut would leave nothing.
            guard segment.nextOffset <= durableSealedPoint else { break }
            excess -= isTooMuch ? facts.byteCount : 0
            count += 1
        }
        return count
    }

    private func isExpired(_ newest: Timestamp, now: Timestamp) -> Bool {
        guard let limit = configuration.retention.milliseconds else { return false }
        // A segment of empty batches has no time, and nothing to keep.
        return newest == .none || now - newest > limit
    }

    /// Whether all that was appended lately is too old as well, as in a topic that nobody writes any more.
    private func isActiveExpired(now: Timestamp) -> Bool {
        configuration.retention.isEnabled && active.byteCount > 0 && active.nextOffset <= durable
            && isExpired(activeLargestTime, now: now)
    }

    private func delete(_ segment: SealedSegment, _ outcome: inout MaintenanceOutcome) throws(SegmentError) {
        let byteCount = try segment.facts().byteCount
        // Whoever opens the segment from now on gets these files: their names go away.
        let files = try segment.open()
        do throws(FileSystemError) {
            outcome.discardedPaths += try SegmentSwap(directory, fileSystem).discard(segment.baseOffset)
        } catch {
            throw .storage(error)
        }
        withExtendedLifetime(files) {}
        segment.keepOpen(files)
        outcome.removed.append(segment)
        outcome.figures.deletedSegmentCount += 1
        outcome.figures.deletedByteCount += byteCount
        do throws(FileSystemError) {
            // Before the next goes, so that none of them can come back without those behind it.
            try fileSystem.syncDirectory(directory)
        } catch {
            throw .storage(error)
        }
    }
}
