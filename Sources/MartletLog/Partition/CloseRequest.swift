package import MartletCore

/// Closes a log cleanly: syncs everything, gives back reserved space and writes what the next start needs to
/// begin without reading the log. Performed on a thread pool, after any `SyncRequest` that is under way.
package struct CloseRequest: Sendable {
    package let topicPartition: TopicPartition
    /// End of the log, and its recovery point from now on.
    package let end: Offset
    let directory: String
    let fileSystem: any FileSystem
    let active: any LogFile
    let activeByteCount: Int64
    let files: [any LogFile]
    let contents: [(name: String, bytes: [UInt8])]
    /// Nothing was appended since the log was opened: all is on disk as the last clean stop has left it.
    package let isUntouched: Bool

    /// Blocks until all is on disk. If it throws, the next start must treat the stop as unclean.
    package func perform() throws(LogError) {
        if isUntouched { return }
        try reporting { () throws(FileSystemError) in
            try syncRecords()
            for (name, bytes) in contents {
                try fileSystem.replace(name, in: directory, with: bytes, syncingDirectory: false)
            }
            try fileSystem.syncDirectory(directory)
            try DurableMark.write(end, in: directory, fileSystem, syncing: true)
        }
    }

    /// The first half of `perform`, for many logs of one file system at once: eight syncs for each are
    /// minutes for thousands. The records are on disk then. What the next start needs is written under other
    /// names, and must be synced before `finish` (`FileSystem.syncAll`).
    package func begin() throws(LogError) {
        if isUntouched { return }
        try reporting { () throws(FileSystemError) in
            try syncRecords()
            for (name, bytes) in contents {
                try fileSystem.open(temporary(name), .replace).write(bytes, at: 0)
            }
        }
    }

    /// The second half, after which all must be synced once more before the stop counts as clean.
    package func finish() throws(LogError) {
        if isUntouched { return }
        try reporting { () throws(FileSystemError) in
            for (name, _) in contents { try fileSystem.rename(temporary(name), to: join(directory, name)) }
            try DurableMark.write(end, in: directory, fileSystem)
        }
    }

    private func syncRecords() throws(FileSystemError) {
        try active.truncate(to: activeByteCount)
        for file in files { try file.sync() }
        try active.sync()
    }

    private func temporary(_ name: String) -> String { join(directory, name + temporarySuffix) }

    private func reporting(_ body: () throws(FileSystemError) -> Void) throws(LogError) {
        do throws(FileSystemError) {
            try body()
        } catch {
            throw LogError(error, in: topicPartition)
        }
    }
}

extension PartitionLog {
    /// Ends all use of the log. Slices that readers hold stay readable.
    ///
    /// - Returns: What is left to do so that the next start need not recover.
    package func close() throws(LogError) -> CloseRequest {
        try checkWritable()
        state = .closed
        lastRead = nil
        active.appendLargestTime()
        let index = active.offsetIndex.encoded()
        let timeIndex = active.timeIndex.encoded()
        let transactions = active.transactions.encoded()
        let seal = SegmentSeal(
            active, nextOffset: offsets.end, index: index, timeIndex: timeIndex, transactions: transactions)
        var contents: [(name: String, bytes: [UInt8])] = [
            (SegmentFile.index.name(active.baseOffset), index),
            (SegmentFile.timeindex.name(active.baseOffset), timeIndex),
            // Until the next append.
            (SegmentFile.seal.name(active.baseOffset), seal.encoded()),
            (SegmentFile.snapshot.name(offsets.end), ProducerSnapshot.encode(producers)),
            (LeaderEpochs.fileName, epochs.encoded()),
        ]
        if !transactions.isEmpty {
            contents.append((SegmentFile.txnindex.name(active.baseOffset), transactions))
        }
        return CloseRequest(
            topicPartition: topicPartition, end: offsets.end, directory: directory, fileSystem: fileSystem,
            active: active.file, activeByteCount: active.byteCount, files: dirty.sealed, contents: contents,
            isUntouched: !isTouched)
    }

    /// Ends all use of the log and leaves its files as they are: because it is deleted, or as a crash would.
    package func abandon() {
        state = .closed
        lastRead = nil
    }
}
