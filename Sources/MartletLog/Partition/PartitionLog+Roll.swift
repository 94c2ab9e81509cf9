internal import MartletCore

extension PartitionLog {
    /// Closes the active segment and begins the next at the end of the log. If that fails, nothing has
    /// changed.
    func roll(now: Timestamp) throws(LogError) {
        let next = offsets.end
        do throws(FileSystemError) {
            let files = try writeIndexes()
            let snapshot = try writeFile(.snapshot, at: next, ProducerSnapshot.encode(producers))
            let file = try fileSystem.open(path(.log, at: next), .replace)
            dirty.sealed += [active.file] + files + [snapshot]
            dirty.directory = true
            dirty.active = false
            sealed.append(
                SealedSegment(
                    baseOffset: active.baseOffset, nextOffset: next, directory: directory,
                    fileSystem: fileSystem))
            active = ActiveSegment(baseOffset: next, file: file, reservedByteCount: 0)
            activeSince = now
        } catch {
            throw LogError(error, in: topicPartition)
        }
    }

    /// Gives back the reserved space of the active segment and writes its indexes to their files.
    private func writeIndexes() throws(FileSystemError) -> [any LogFile] {
        if active.reservedByteCount > active.byteCount {
            try active.file.truncate(to: active.byteCount)
            active.reservedByteCount = active.byteCount
        }
        active.appendLargestTime()
        return [
            try writeFile(.index, at: active.baseOffset, active.offsetIndex.encoded()),
            try writeFile(.timeindex, at: active.baseOffset, active.timeIndex.encoded()),
        ]
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
