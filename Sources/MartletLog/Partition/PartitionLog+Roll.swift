internal import MartletCore

extension PartitionLog {
    /// Closes the active segment and begins the next at the end of the log. If that fails, nothing has
    /// changed.
    func roll(now: Timestamp) throws(LogError) {
        let next = offsets.end
        do throws(FileSystemError) {
            let (seal, files) = try writeIndexes(next: next)
            let snapshot = try writeFile(.snapshot, at: next, ProducerSnapshot.encode(producers))
            let file = try fileSystem.open(path(.log, at: next), .replace)
            dirty.sealed += [active.file] + files + [snapshot]
            dirty.directory = true
            dirty.active = false
            let segment = SealedSegment(
                baseOffset: active.baseOffset, nextOffset: next, directory: directory,
                fileSystem: fileSystem, facts: SegmentFacts(seal), checks: active.checks,
                mayHaveAborted: !active.transactions.isEmpty)
            segment.setTransactions(active.transactions)
            sealed.append(segment)
            active = ActiveSegment(baseOffset: next, file: file, reservedByteCount: 0)
            activeSince = now
            activeJitterMs = Self.jitter(configuration)
        } catch {
            throw LogError(error, in: topicPartition)
        }
    }

    /// What this segment's age may be less than `segment.ms`.
    static func jitter(_ configuration: LogConfiguration) -> Int64 {
        let largest = min(configuration.segmentJitterMs, configuration.rollMs)
        return largest > 0 ? Int64.random(in: 0..<largest) : 0
    }

    /// Gives back the reserved space of the active segment, writes its indexes to their files, and what is
    /// known of it.
    private func writeIndexes(
        next: Offset
    ) throws(FileSystemError) -> (seal: SegmentSeal, files: [any LogFile]) {
        if active.reservedByteCount > active.byteCount {
            try active.file.truncate(to: active.byteCount)
            active.reservedByteCount = active.byteCount
        }
        active.appendLargestTime()
        let index = active.offsetIndex.encoded()
        let timeIndex = active.timeIndex.encoded()
        let transactions = active.transactions.encoded()
        let seal = SegmentSeal(
            active, nextOffset: next, index: index, timeIndex: timeIndex, transactions: transactions)
        var files = [
            try writeFile(.index, at: active.baseOffset, index),
            try writeFile(.timeindex, at: active.baseOffset, timeIndex),
            try writeFile(.seal, at: active.baseOffset, seal.encoded()),
        ]
        if !transactions.isEmpty {
            files.append(try writeFile(.txnindex, at: active.baseOffset, transactions))
        }
        return (seal, files)
    }

    private func writeFile(
        _ kind: SegmentFile, at offset: Offset, _ contents: [UInt8]
    ) throws(FileSystemError) -> any LogFile {
        let file = try fileSystem.open(path(kind, at: offset), .replace)
        try file.write(contents, at: 0)
        return file
    }

    private func path(_ kind: SegmentFile, at offset: Offset) -> String { join(directory, kind.name(offset)) }
}
