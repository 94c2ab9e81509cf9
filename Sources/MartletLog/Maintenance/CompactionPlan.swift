internal import MartletCore
internal import MartletRecords

/// What of a log compaction would look at, and whether it is time.
struct CompactionPlan {
    /// The first record that was not compacted yet.
    var dirtyStart: Offset
    /// Records from here on are not touched yet: too young, undecided, or in the segment that is written.
    var limit: Offset
    /// Bytes of the segments below and above the start of what is new.
    var cleanByteCount: Int64 = 0
    var dirtyByteCount: Int64 = 0
    /// Since when the first record has been waiting.
    var waitingSince: Timestamp?

    func isDue(_ policy: CompactionPolicy, now: Timestamp) -> Bool {
        guard dirtyByteCount > 0 else { return false }
        if let waitingSince, now - waitingSince > policy.maxLagMs { return true }
        let ratio = Double(dirtyByteCount) / Double(cleanByteCount + dirtyByteCount)
        return ratio > policy.minCleanableDirtyRatio
    }
}

extension CompactionPlan {
    /// - Parameter cleaned: Where the last compaction ended, as the data directory remembers it.
    init(
        _ view: MaintenanceView, _ policy: CompactionPolicy, cleaned: Offset?, now: Timestamp
    ) throws(SegmentError) {
        let base = view.sealed.first?.baseOffset ?? view.active.baseOffset
        // A log that was cut or replaced begins anew: what is remembered is of another one.
        let isKnown = cleaned.map { $0 >= base && $0 <= view.active.baseOffset } ?? false
        dirtyStart = isKnown ? cleaned ?? base : base
        limit = view.sealedPoint
        for segment in view.sealed {
            let facts = try segment.facts()
            guard segment.nextOffset > dirtyStart else {
                cleanByteCount += facts.byteCount
                continue
            }
            // Segments that are not stable to their end are left alone: batches that are joined across that
            // point could not be shown to anyone until all of it is stable.
            let isYoung = policy.minLagMs > 0 && now - facts.largestTimestamp < policy.minLagMs
            if isYoung || segment.nextOffset > view.sealedPoint { limit = min(limit, segment.baseOffset) }
            guard segment.baseOffset < limit else { break }
            dirtyByteCount += facts.byteCount
            if waitingSince == nil, policy.maxLagMs < .max { waitingSince = try segment.firstTime() }
        }
    }
}

extension SealedSegment {
    /// Largest time of the first batch; nil without any.
    func firstTime() throws(SegmentError) -> Timestamp? {
        let view = try open().view
        var scan = HeaderScan(view.file, from: 0, to: view.byteCount)
        return try scan.next()?.header.maxTimestamp
    }
}
