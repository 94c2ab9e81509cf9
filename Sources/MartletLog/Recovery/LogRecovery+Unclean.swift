internal import MartletCore
internal import MartletRecords

extension LogRecovery {
    /// What was found in a segment.
    struct Reading {
        var segment: ActiveSegment
        var regions: [DamagedRegion] = []
        /// The log ends with it: what comes behind was never acknowledged.
        var isEnd = false
    }

    /// After a crash: reads all that may be torn, cuts what was never acknowledged, notes what is damaged,
    /// makes the indexes anew.
    mutating func recover(_ found: [Offset]) throws(SegmentError) -> PartitionLog.Contents {
        var bases = found
        let lastIndex = bases.count - 1
        // The first sync of a segment covers all that closing the one before it has changed. A sync that
        // ended exactly where the segment begins may have come before that.
        let trusted = bases.indices.first { $0 == lastIndex || bases[$0 + 1] >= durable ?? 0 } ?? lastIndex
        for index in 0..<trusted where !has(.index, bases[index]) || !has(.timeindex, bases[index]) {
            try seal(try read(bases[index], next: bases[index + 1]), next: bases[index + 1])
        }
        var last: Reading?
        for index in trusted...lastIndex {
            let next = index == lastIndex ? nil : bases[index + 1]
            let reading = try read(bases[index], next: next)
            if let next, !reading.isEnd {
                try seal(reading, next: next)
                continue
            }
            last = reading
            try wrapping { () throws(FileSystemError) in try removeSegments(bases[(index + 1)...]) }
            bases.removeSubrange((index + 1)...)
            break
        }
        guard let last else { preconditionFailure("a log that exists has a last segment") }
        let active = try activeSegment(after: last, &bases)
        remade.insert(active.baseOffset)
        return try finish(active, bases: bases)
    }

    /// The segment to go on with: the last, or a new one behind it if that is damaged. No offset that was
    /// acknowledged is ever given out again.
    private mutating func activeSegment(
        after last: Reading, _ bases: inout [Offset]
    ) throws(SegmentError) -> ActiveSegment {
        var last = last
        let end = last.segment.nextOffset
        if let durable, end < durable {
            let position = last.segment.byteCount
            let region = DamagedRegion(
                positions: position..<position, offsets: end..<durable,
                damage: .missingTail(end: end, durable: durable))
            last.add(region)
        }
        let next = last.segment.nextOffset
        let file = last.segment.file
        let size = last.segment.byteCount
        guard last.regions.isEmpty else {
            try seal(last, next: next)
            bases.append(next)
            let newFile = try wrapping { [self] () throws(FileSystemError) in
                try fileSystem.open(path(.log, next), .replace)
            }
            names.insert(SegmentFile.log.name(next))
            changed.append(newFile)
            return ActiveSegment(baseOffset: next, file: newFile, reservedByteCount: 0)
        }
        try wrapping { () throws(FileSystemError) in try file.truncate(to: size) }
        changed.append(file)
        return last.segment
    }

    private mutating func finish(
        _ segment: ActiveSegment, bases: [Offset]
    ) throws(SegmentError) -> PartitionLog.Contents {
        var active = segment
        active.reservedByteCount = active.byteCount
        let end = active.nextOffset
        do throws(FileSystemError) {
            for file in changed { try file.sync() }
            changed = []
        } catch {
            throw .storage(error)
        }
        let sealed = try sealedSegments(bases.dropLast(), end: active.baseOffset)
        _ = epochs.truncate(to: end)
        let producers = try rebuildProducers(sealed: sealed, active: &active, remade: remade)
        if let start = opening.logStartOffset, start > end {
            // A power cut took records with `os` durability, and those before them were deleted. Their
            // offsets must not come again, below the start, where nobody would see what is appended.
            do throws(FileSystemError) {
                try removeSegments(bases)
                try removeStraySnapshots(bases: [], end: .none)
                try fileSystem.replace(
                    SegmentFile.snapshot.name(start), in: directory,
                    with: ProducerSnapshot.encode(producers.withoutTransactions()))
            } catch {
                throw .storage(error)
            }
            names.insert(SegmentFile.snapshot.name(start))
            return try create()
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

    /// Writes the indexes and the seal of a segment that has been read to its end, and what is damaged in it.
    private mutating func seal(_ reading: Reading, next: Offset) throws(SegmentError) {
        var segment = reading.segment
        segment.appendLargestTime()
        let base = segment.baseOffset
        remade.insert(base)
        summary.rebuiltIndexCount += 1
        summary.damage += reading.regions.map { SegmentDamage(path: path(.log, base), region: $0) }
        let files = try wrapping { [self] () throws(FileSystemError) -> [any LogFile] in
            if segment.reservedByteCount > segment.byteCount {
                try segment.file.truncate(to: segment.byteCount)
            }
            let index = segment.offsetIndex.encoded()
            let times = segment.timeIndex.encoded()
            // Which transactions were aborted in it is found out when all segments are read.
            var known = SegmentSeal(
                segment, nextOffset: next, index: index, timeIndex: times, transactions: [])
            known.isDamaged = !reading.regions.isEmpty
            var files = [
                segment.file, try write(.index, base, index), try write(.timeindex, base, times),
                try write(.seal, base, known.encoded()),
            ]
            if !reading.regions.isEmpty {
                files.append(try write(.damaged, base, DamageNote.encode(reading.regions)))
            } else if has(.damaged, base) {
                try fileSystem.removeIfPresent(path(.damaged, base))
            }
            return files
        }
        if reading.regions.isEmpty {
            names.remove(SegmentFile.damaged.name(base))
        } else {
            names.insert(SegmentFile.damaged.name(base))
        }
        changed += files
    }

    private func write(
        _ kind: SegmentFile, _ base: Offset, _ bytes: [UInt8]
    ) throws(FileSystemError) -> any LogFile {
        let file = try fileSystem.open(path(kind, base), .replace)
        try file.write(bytes, at: 0)
        return file
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

extension LogRecovery.Reading {
    mutating func add(_ region: DamagedRegion) {
        regions.append(region)
        segment.skip(region)
    }
}
