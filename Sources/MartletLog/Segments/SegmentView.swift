internal import MartletCore
internal import MartletRecords

/// A segment as it is at one moment, for looking things up in it on any thread.
struct SegmentView: Sendable {
    let baseOffset: Offset
    /// Offset behind the last record.
    let nextOffset: Offset
    let file: any LogFile
    /// Where the batches end; the file may be longer.
    let byteCount: Int64
    let indexes: IndexLookup
    let checks: SegmentChecks
    /// Every offset is in a batch.
    let isGapless: Bool
    /// What was noted when the segment was sealed; nil if it was not, or by another broker.
    let seal: SegmentSeal?
    /// Its indexes are those in memory.
    let isActive: Bool

    var rules: BatchRules {
        var rules = BatchRules(baseOffset: baseOffset)
        rules.limit = nextOffset
        rules.isGapless = isGapless
        return rules
    }

    /// Whether index entries are exact: others may name the last of several batches.
    private var hasExactIndex: Bool { isActive || seal != nil }

    // MARK: Stretches

    /// A part of the segment without known damage.
    struct Stretch {
        var positions: Range<Int64>
        var offsets: Range<Offset>
    }

    /// The part that holds `offset`; throws if that is damaged.
    func stretch(holding offset: Offset) throws(SegmentError) -> Stretch {
        var start = (position: Int64(0), offset: baseOffset)
        for region in checks.regions {
            if region.offsets.contains(offset) { throw damaged(region) }
            if region.offsets.lowerBound > offset {
                return Stretch(
                    positions: start.position..<max(start.position, region.positions.lowerBound),
                    offsets: start.offset..<max(start.offset, region.offsets.lowerBound))
            }
            start = (region.positions.upperBound, region.offsets.upperBound)
        }
        return Stretch(
            positions: start.position..<max(start.position, byteCount),
            offsets: start.offset..<max(start.offset, nextOffset))
    }

    /// All parts from `offset` on, in order.
    func stretches(from offset: Offset) -> [Stretch] {
        var found: [Stretch] = []
        var start = (position: Int64(0), offset: baseOffset)
        for region in checks.regions {
            if region.positions.lowerBound > start.position, region.offsets.lowerBound > offset {
                found.append(
                    Stretch(
                        positions: start.position..<region.positions.lowerBound,
                        offsets: start.offset..<max(start.offset, region.offsets.lowerBound)))
            }
            start = (region.positions.upperBound, region.offsets.upperBound)
        }
        if byteCount > start.position {
            found.append(
                Stretch(
                    positions: start.position..<byteCount,
                    offsets: start.offset..<max(start.offset, nextOffset)))
        }
        return found
    }

    private func damaged(_ region: DamagedRegion) -> SegmentError {
        .damaged(path: file.path, position: region.positions.lowerBound, region.damage)
    }

    // MARK: Look-up by offset

    /// Begins to walk at the last indexed batch at or before `offset`, or at the start of the stretch. What
    /// the index says is believed only if the batch says it, too.
    func scan(from offset: Offset, in stretch: Stretch) throws(SegmentError) -> CheckedScan {
        var goal = offset - baseOffset
        // A wrong entry may have right ones before it.
        for _ in 0..<4 {
            let entry: OffsetIndex.Entry?
            do throws(FileSystemError) {
                entry = try indexes.entry(atOrBefore: goal)
            } catch {
                throw .storage(error)
            }
            guard let entry, Int64(entry.position) > stretch.positions.lowerBound else { break }
            if let scan = try scan(from: entry, in: stretch) { return scan }
            checks.wantSurvey()
            goal = Int64(entry.relativeOffset) - 1
        }
        return CheckedScan(
            self, from: stretch.positions.lowerBound, to: stretch.positions.upperBound,
            nextOffset: stretch.offsets.lowerBound, isExact: true)
    }

    /// Nil if the batch is another than the entry says.
    private func scan(
        from entry: OffsetIndex.Entry, in stretch: Stretch
    ) throws(SegmentError) -> CheckedScan? {
        let position = Int64(entry.position)
        guard stretch.positions.contains(position) else { return nil }
        var scan = CheckedScan(
            self, from: position, to: stretch.positions.upperBound, nextOffset: stretch.offsets.lowerBound,
            isExact: false)
        guard let header = try scan.peek() else { return nil }
        let named = baseOffset + Int64(entry.relativeOffset)
        let isRight =
            hasExactIndex
            ? header.lastOffset == named : header.lastOffset <= named && header.baseOffset >= baseOffset
        return isRight ? scan : nil
    }

    /// Walks to the first batch that reaches up to `offset`: the one that holds it, unless compaction has
    /// removed it. Nil if there is none.
    private func locate(
        _ offset: Offset, in stretch: Stretch, _ scan: inout CheckedScan, skipsEmpty: Bool
    ) throws(SegmentError) -> HeaderScan.Element? {
        let start = scan.position
        var count = 0
        while let batch = try scan.next() {
            count += 1
            guard batch.header.lastOffset >= offset else { continue }
            if skipsEmpty && batch.header.recordCount == 0 { continue }
            // Entries are closer together than that: some must be missing.
            if !isActive, count > 64, batch.position - start > 1 << 20 { checks.wantSurvey() }
            return batch
        }
        return nil
    }

    // MARK: Slices

    /// As much is checked for one reader at once; what comes behind is for its next call.
    private static let checkedBytesPerSlice: Int64 = 1 << 20

    /// What to send to a reader that asks for `offset`: batches that were checked, whole. Nil if the segment
    /// has nothing from there on.
    ///
    /// - Parameter skipsEmpty: Whether to begin with a batch that has records. Compaction leaves some that
    ///   have none, and there are clients that take a response without any record for one that was cut off.
    func slice(
        from offset: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool,
        skipsEmpty: Bool = false
    ) throws(SegmentError) -> LogSlice? {
        let stretch = try stretch(holding: offset)
        var scan = try scan(from: offset, in: stretch)
        defer { scan.commit() }
        guard let first = try locate(offset, in: stretch, &scan, skipsEmpty: skipsEmpty) else {
            try checkEnd(stretch, reached: scan.nextOffset)
            return nil
        }
        var bounds = SliceBounds(
            maxEnd: first.position + Int64(max(0, maxBytes)), limit: limit, end: first.position, next: offset)
        if !bounds.take(first), atLeastOneBatch, first.header.nextOffset <= limit {
            bounds.end = first.endPosition
            bounds.next = first.header.nextOffset
        } else if bounds.end > first.position {
            scan.commit()
            try extend(&bounds, from: first, in: stretch, scan)
        }
        if bounds.end == stretch.positions.upperBound, !isMissingRecords(stretch, reached: bounds.next) {
            // What was behind was compacted away.
            bounds.next = min(limit, stretch.offsets.upperBound)
        }
        return LogSlice(
            file: file, position: first.position, byteCount: Int(bounds.end - first.position),
            baseOffset: first.header.baseOffset, nextOffset: bounds.next)
    }

    /// How far a slice may go, and how far it goes.
    private struct SliceBounds {
        let maxEnd: Int64
        let limit: Offset
        var end: Int64
        var next: Offset

        /// False if the batch is not within the bounds.
        mutating func take(_ batch: HeaderScan.Element) -> Bool {
            guard batch.endPosition <= maxEnd, batch.header.nextOffset <= limit else { return false }
            end = batch.endPosition
            next = batch.header.nextOffset
            return true
        }
    }

    /// Goes on behind the first batch of a slice. Damage ends it.
    private func extend(
        _ bounds: inout SliceBounds, from first: HeaderScan.Element, in stretch: Stretch, _ scan: CheckedScan
    ) throws(SegmentError) {
        var scan = scan
        defer { scan.commit() }
        if let ahead = try jump(bounds, from: first, in: stretch) {
            scan = ahead.scan
            bounds.end = ahead.scan.position
            bounds.next = ahead.offset
        }
        let checkedBefore = scan.checkedByteCount
        do throws(SegmentError) {
            while scan.checkedByteCount - checkedBefore < Self.checkedBytesPerSlice,
                let batch = try scan.next(), bounds.take(batch)
            {}
        } catch .damaged {
            checks.wantSurvey()
        }
    }

    /// Begins to walk at the last indexed batch of a slice, if all up to there was checked before.
    private func jump(
        _ bounds: SliceBounds, from first: HeaderScan.Element, in stretch: Stretch
    ) throws(SegmentError) -> (scan: CheckedScan, offset: Offset)? {
        let entry: OffsetIndex.Entry?
        do throws(FileSystemError) {
            let goal = min(bounds.limit, nextOffset) - 1 - baseOffset
            entry = try indexes.entry(atOrBeforePosition: bounds.maxEnd - 1, offset: goal)
        } catch {
            throw .storage(error)
        }
        guard let entry, Int64(entry.position) >= first.endPosition else { return nil }
        let (isVerified, end) = checks.span(from: first.position)
        guard isVerified, end >= min(Int64(entry.position) + 1, stretch.positions.upperBound) else {
            return nil
        }
        guard var scan = try scan(from: entry, in: stretch), let header = try scan.peek() else { return nil }
        return (scan, header.baseOffset)
    }

    private func isMissingRecords(_ stretch: Stretch, reached: Offset) -> Bool {
        guard reached < stretch.offsets.upperBound else { return false }
        return isGapless || seal.map { $0.byteCount > byteCount } ?? false
    }

    /// Throws unless the segment may end here.
    private func checkEnd(_ stretch: Stretch, reached: Offset) throws(SegmentError) {
        guard isMissingRecords(stretch, reached: reached) else { return }
        throw .damaged(
            path: file.path, position: stretch.positions.upperBound,
            .missingRecords(from: reached, to: stretch.offsets.upperBound))
    }

    /// A batch at or before which everything older than `offset` stands.
    func indexedPosition(atOrBefore offset: Offset) throws(SegmentError) -> Int64 {
        let stretch = try stretch(holding: offset)
        return try scan(from: offset, in: stretch).position
    }
}
