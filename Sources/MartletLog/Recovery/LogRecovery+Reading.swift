internal import MartletCore
internal import MartletRecords

extension LogRecovery {
    /// Reads a segment up to its end or to where the log must be cut.
    mutating func read(_ base: Offset, next: Offset?) throws(SegmentError) -> Reading {
        summary.segmentsRead += 1
        let file = try wrapping { [self] () throws(FileSystemError) in
            try fileSystem.open(path(.log, base), .readWrite)
        }
        let knownEpochs = epochs
        let followed = try follow(file, base)
        if let followed, let reading = try read(from: followed, next: next) { return reading }
        // Something is wrong, perhaps before where we began to look closely.
        epochs = knownEpochs
        let start = ActiveSegment(
            baseOffset: base, file: file, reservedByteCount: 0, checks: SegmentChecks())
        guard let reading = try read(from: start, next: next) else {
            preconditionFailure("there is nothing before the beginning")
        }
        return reading
    }

    /// Follows the batches by their headers, as long as they were synced for certain and the end is far. Nil
    /// if they lead astray.
    private mutating func follow(_ file: any LogFile, _ base: Offset) throws(SegmentError) -> ActiveSegment? {
        var segment = ActiveSegment(
            baseOffset: base, file: file, reservedByteCount: 0, checks: SegmentChecks())
        guard let durable else { return segment }
        let size = try wrapping { () throws(FileSystemError) in try file.size() }
        let end = size - Int64(opening.configuration.recoveryCheckBytes)
        guard end > 0 else { return segment }
        var scan = HeaderScan(file, from: 0, to: size)
        do throws(SegmentError) {
            while segment.nextOffset < durable, segment.byteCount < end, let batch = try scan.next() {
                let header = batch.header
                // What was synced ended with a batch.
                guard header.lastOffsetDelta >= 0, header.baseOffset >= segment.nextOffset,
                    header.baseOffset < durable, header.lastOffset < durable
                else { return nil }
                _ = epochs.assign(header.leaderEpoch, at: header.baseOffset)
                note(header, in: &segment)
            }
        } catch .damaged {
            return nil
        }
        segment.forgetRecent()
        return segment
    }

    /// Reads on behind what was followed, and checks every batch. Nil if there is damage that may have begun
    /// before.
    private mutating func read(from followed: ActiveSegment, next: Offset?) throws(SegmentError) -> Reading? {
        var reading = Reading(segment: followed)
        let start = followed.byteCount
        reading.segment.checks.addVerified(start..<Int64.max)
        if start == 0 { reading.segment.checks.setTimeIndexGood(true) }
        var survey = try survey(from: followed, next: next)
        reading.segment.reservedByteCount = survey.reader.end
        while let step = try wrapping({ () throws(FileSystemError) in try survey.next() }) {
            switch step {
            case .batch(let header, _):
                _ = epochs.assign(header.leaderEpoch, at: header.baseOffset)
                note(header, in: &reading.segment)
                summary.bytesRead += Int64(header.byteCount)
            case .damage(var region):
                if mayCut(region, next: next, isAtEnd: region.positions.upperBound == survey.reader.end) {
                    // Where the first offset is wrong, those before it may be.
                    if start > 0, region.positions.lowerBound == start, case .unexpectedOffset = region.damage
                    {
                        return nil
                    }
                    try cut(region, &survey, next: next)
                    reading.isEnd = next.map { reading.segment.nextOffset < $0 } ?? true
                    return reading
                }
                if start > 0 { return nil }
                if next == nil, region.positions.upperBound == survey.reader.end, let durable {
                    let first = region.offsets.lowerBound
                    region.offsets = first..<max(region.offsets.upperBound, durable)
                }
                reading.add(region)
            }
        }
        guard try closeGap(&reading, next: next) || start == 0 else { return nil }
        return reading
    }

    private mutating func survey(
        from followed: ActiveSegment, next: Offset?
    ) throws(SegmentError) -> DamageSurvey {
        let file = followed.file
        let start = followed.byteCount
        let base = followed.baseOffset
        var rules = BatchRules(baseOffset: base)
        rules.limit = next ?? Offset(rawValue: .max)
        // The last segment was never compacted.
        rules.durable = isOwn && next == nil ? durable : nil
        let size = try wrapping { () throws(FileSystemError) in
            // After a failed sync the page cache may show bytes that never reached the disk and never will.
            // What is read now must be what is there.
            try file.sync()
            file.dropCache(start..<(try file.size()))
            return try file.size()
        }
        if let next, let seal = try seal(of: base), seal.nextOffset == next {
            rules.isGapless = seal.isGapless
        }
        return DamageSurvey(
            SegmentReader(file, rules, from: start, to: size, nextOffset: followed.nextOffset), limit: next)
    }

    func seal(of base: Offset) throws(SegmentError) -> SegmentSeal? {
        try wrapping { () throws(FileSystemError) in
            let bytes = try fileSystem.contents(of: path(.seal, base))
            return bytes?.withUnsafeBytes { SegmentSeal(decoding: $0) }
                .flatMap { $0.baseOffset == base ? $0 : nil }
        }
    }

    /// Whether damage may be cut off: only if nothing behind it was ever acknowledged.
    private func mayCut(_ region: DamagedRegion, next: Offset?, isAtEnd: Bool) -> Bool {
        let offset = region.offsets.lowerBound
        if let durable, offset < durable { return false }
        if isOwn { return true }
        // The tail of another broker's log may be torn, but not its middle.
        return isAtEnd && offset >= next ?? offset
    }

    private mutating func cut(
        _ region: DamagedRegion, _ survey: inout DamageSurvey, next: Offset?
    ) throws(SegmentError) {
        let offset = region.offsets.lowerBound
        if case .zeros = region.damage {
            // Reserved space, or writes that the power cut took whole. If more should follow, records are
            // missing.
            if let next, offset < next { summary.cutReason = .missingRecords(from: offset, to: next) }
            return
        }
        summary.cutReason = region.damage
        summary.cutByteCount += survey.reader.end - region.positions.lowerBound
        while let step = try wrapping({ () throws(FileSystemError) in try survey.next() }) {
            if case .batch = step { summary.cutBatchCount += 1 }
        }
    }

    /// What it means if a segment ends before the next begins. Compaction by another broker leaves it so.
    ///
    /// - Returns: Whether all is well.
    private mutating func closeGap(_ reading: inout Reading, next: Offset?) throws(SegmentError) -> Bool {
        let end = reading.segment.nextOffset
        guard let next, end < next else {
            reading.isEnd = next == nil
            return true
        }
        let seal = try seal(of: reading.segment.baseOffset)
        let wasThere =
            seal.map { ($0.isGapless || $0.isDamaged) && $0.nextOffset > end || $0.nextOffset < next }
            ?? false
        let isUnsynced = isOwn && (durable.map { $0 < next } ?? false)
        guard wasThere || isUnsynced else { return true }
        let gap = Damage.missingRecords(from: end, to: next)
        if isUnsynced, let durable, end >= durable {
            summary.cutReason = gap
            reading.isEnd = true
            return true
        }
        let position = reading.segment.byteCount
        reading.add(DamagedRegion(positions: position..<position, offsets: end..<next, damage: gap))
        return false
    }

    private func note(_ header: BatchHeader, in segment: inout ActiveSegment) {
        segment.didAppend(
            header, baseOffset: header.baseOffset, maxTimestamp: header.maxTimestamp,
            indexInterval: opening.configuration.indexIntervalBytes)
    }
}
