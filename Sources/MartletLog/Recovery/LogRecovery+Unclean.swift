internal import MartletCore
internal import MartletRecords

extension LogRecovery {
    /// After a crash: reads all that may be torn, cuts what was never acknowledged, makes the indexes anew.
    mutating func recover(_ bases: [Offset]) throws(SegmentError) -> PartitionLog.Contents {
        let lastIndex = bases.count - 1
        // The first sync of a segment covers all that closing the one before it has changed. A sync that
        // ended exactly where the segment begins may have come before that.
        let trusted = bases.indices.first { $0 == lastIndex || bases[$0 + 1] >= durable ?? 0 } ?? lastIndex
        for index in 0..<trusted where !has(.index, bases[index]) || !has(.timeindex, bases[index]) {
            try seal(try read(bases[index], next: bases[index + 1]).segment, next: bases[index + 1])
        }
        var active: ActiveSegment?
        var count = trusted
        for index in trusted...lastIndex {
            let next = index == lastIndex ? nil : bases[index + 1]
            let result = try read(bases[index], next: next)
            active = result.segment
            count = index
            if result.isEnd { break }
            if let next { try seal(result.segment, next: next) }
        }
        guard let active else { preconditionFailure("a log that exists has a last segment") }
        try checkDurable(active)
        do throws(FileSystemError) {
            try removeSegments(bases[(count + 1)...])
            try active.file.truncate(to: active.byteCount)
            changed.append(active.file)
        } catch {
            throw .storage(error)
        }
        return try finish(active, bases: Array(bases[...count]))
    }

    private mutating func finish(
        _ segment: ActiveSegment, bases: [Offset]
    ) throws(SegmentError) -> PartitionLog.Contents {
        var active = segment
        active.reservedByteCount = active.byteCount
        let end = active.nextOffset
        let sealed = sealedSegments(bases.dropLast(), end: active.baseOffset)
        _ = epochs.truncate(to: end)
        do throws(FileSystemError) {
            for file in changed { try file.sync() }
            changed = []
        } catch {
            throw .storage(error)
        }
        let producers = try rebuildProducers(sealed: sealed, active: active)
        if let start = opening.logStartOffset, start > end {
            // A power cut took records with `os` durability, and those before them were deleted. Their
            // offsets must not come again, below the start, where nobody would see what is appended.
            do throws(FileSystemError) {
                try removeSegments(bases)
            } catch {
                throw .storage(error)
            }
            return try create(producers)
        }
        do throws(FileSystemError) {
            try removeStraySnapshots(bases: bases, end: end)
            try fileSystem.ifSpaceAllows { () throws(FileSystemError) in
                try fileSystem.replace(
                    SegmentFile.snapshot.name(end), in: directory, with: ProducerSnapshot.encode(producers),
                    syncingDirectory: false)
                try fileSystem.replace(
                    LeaderEpochs.fileName, in: directory, with: epochs.encoded(), syncingDirectory: false)
            }
            try fileSystem.syncDirectory(directory)
            // The log may be so young that its directory was never synced.
            try fileSystem.syncDirectory(parent(of: directory))
            try fileSystem.ifSpaceAllows { () throws(FileSystemError) in
                try DurableMark.write(end, in: directory, fileSystem, syncing: true)
            }
        } catch {
            throw .storage(error)
        }
        return PartitionLog.Contents(
            start: start(bases, end: end), sealed: sealed, active: active, producers: producers,
            epochs: epochs)
    }

    /// Reads a segment up to its end or to where the log must be cut, which is then the end of the log.
    private mutating func read(
        _ base: Offset, next: Offset?
    ) throws(SegmentError) -> (segment: ActiveSegment, isEnd: Bool) {
        let file = try wrapping { [self] () throws(FileSystemError) in
            try fileSystem.open(path(.log, base), .readWrite)
        }
        var segment = ActiveSegment(baseOffset: base, file: file, reservedByteCount: 0)
        summary.segmentsRead += 1
        try follow(&segment)
        let start = segment.byteCount
        let expected = segment.nextOffset
        var reader = try wrapping { () throws(FileSystemError) in
            // After a failed sync the page cache may show bytes that never reached the disk and never will.
            // What is read now must be what is there.
            try file.sync()
            file.dropCache(start..<(try file.size()))
            return try SegmentReader(file, baseOffset: base, from: start, nextOffset: expected)
        }
        while let element = try wrapping({ () throws(FileSystemError) in try reader.next() }) {
            guard case .batch(let header, _) = element else { break }
            _ = epochs.assign(header.leaderEpoch, at: header.baseOffset)
            note(header, in: &segment)
            summary.bytesRead += Int64(header.byteCount)
        }
        segment.reservedByteCount = reader.end
        if let damage = try wrapping({ () throws(FileSystemError) in try reader.damage() }) {
            try judge(damage, in: &reader, next: next)
            return (segment, next == nil || segment.nextOffset < next ?? .none)
        }
        guard let next, segment.nextOffset < next else {
            try checkOverlap(segment, next: next)
            return (segment, next == nil)
        }
        // Compaction leaves gaps. In a log of ours it does so only where everything is synced.
        guard isOwn, let durable, durable < next else { return (segment, false) }
        let gap = Damage.missingRecords(from: segment.nextOffset, to: next)
        guard segment.nextOffset >= durable else {
            throw .damaged(path: file.path, position: segment.byteCount, gap)
        }
        summary.cutReason = gap
        return (segment, true)
    }

    private func checkOverlap(_ segment: ActiveSegment, next: Offset?) throws(SegmentError) {
        guard let next, segment.nextOffset > next else { return }
        throw .damaged(
            path: path(.log, next), position: 0,
            .unexpectedOffset(expected: segment.nextOffset, found: next))
    }

    /// Whether damage may be cut off: only if nothing behind it was ever acknowledged. Throws otherwise.
    private mutating func judge(
        _ damage: Damage, in reader: inout SegmentReader, next: Offset?
    ) throws(SegmentError) {
        let position = reader.position
        let offset = reader.nextOffset
        func refuse() -> SegmentError { .damaged(path: reader.file.path, position: position, damage) }
        if let durable, offset < durable { throw refuse() }
        if !isOwn, let next, offset < next { throw refuse() }
        if case .zeros = damage {
            // Reserved space, or writes that the power cut took whole. If more should follow, records are
            // missing.
            if let next, offset < next { summary.cutReason = .missingRecords(from: offset, to: next) }
            return
        }
        let batches = try wrapping { () throws(FileSystemError) in try reader.countBatches() }
        // The tail of another broker's log may be torn, but not its middle.
        if !isOwn && batches > 0 { throw refuse() }
        summary.cutReason = damage
        summary.cutByteCount += reader.end - position
        summary.cutBatchCount += batches
    }

    private func checkDurable(_ active: ActiveSegment) throws(SegmentError) {
        guard let durable, active.nextOffset < durable else { return }
        throw .damaged(
            path: active.file.path, position: active.byteCount,
            .missingTail(end: active.nextOffset, durable: durable))
    }

    /// Follows the batches by their headers, as long as they were synced for certain and the end is far.
    private mutating func follow(_ segment: inout ActiveSegment) throws(SegmentError) {
        guard let durable else { return }
        let file = segment.file
        let size = try wrapping { () throws(FileSystemError) in try file.size() }
        let end = size - Int64(opening.configuration.recoveryCheckBytes)
        guard end > 0 else { return }
        var scan = HeaderScan(file, from: 0, to: size)
        while segment.nextOffset < durable, segment.byteCount < end, let batch = try scan.next() {
            guard batch.header.baseOffset >= segment.nextOffset else {
                throw .damaged(
                    path: file.path, position: batch.position,
                    .unexpectedOffset(expected: segment.nextOffset, found: batch.header.baseOffset))
            }
            _ = epochs.assign(batch.header.leaderEpoch, at: batch.header.baseOffset)
            note(batch.header, in: &segment)
        }
    }

    private func note(_ header: BatchHeader, in segment: inout ActiveSegment) {
        segment.didAppend(
            header, baseOffset: header.baseOffset, maxTimestamp: header.maxTimestamp,
            indexInterval: opening.configuration.indexIntervalBytes)
    }

    /// Writes the indexes and the seal of a segment that has been read to its end.
    private mutating func seal(_ segment: ActiveSegment, next: Offset) throws(SegmentError) {
        var segment = segment
        segment.appendLargestTime()
        summary.rebuiltIndexCount += 1
        let files = try wrapping { [self] () throws(FileSystemError) -> [any LogFile] in
            if segment.reservedByteCount > segment.byteCount {
                try segment.file.truncate(to: segment.byteCount)
            }
            let index = try fileSystem.open(path(.index, segment.baseOffset), .replace)
            let offsets = segment.offsetIndex.encoded()
            try index.write(offsets, at: 0)
            let times = try fileSystem.open(path(.timeindex, segment.baseOffset), .replace)
            let timeEntries = segment.timeIndex.encoded()
            try times.write(timeEntries, at: 0)
            let seal = try fileSystem.open(path(.seal, segment.baseOffset), .replace)
            let known = SegmentSeal(segment, nextOffset: next, index: offsets, timeIndex: timeEntries)
            try seal.write(known.encoded(), at: 0)
            return [segment.file, index, times, seal]
        }
        changed += files
    }

    private mutating func removeSegments(_ bases: some Collection<Offset>) throws(FileSystemError) {
        for base in bases {
            for kind in SegmentFile.allCases {
                try fileSystem.removeIfPresent(path(kind, base))
            }
            summary.removedSegmentCount += 1
        }
    }

    func wrapping<Result>(_ body: () throws(FileSystemError) -> Result) throws(SegmentError) -> Result {
        do {
            return try body()
        } catch {
            throw .storage(error)
        }
    }
}
