package import MartletCore

extension PartitionLog {
    /// Takes what must be synced so that everything appended up to now is on disk. Nil if it is already, or
    /// while another request is under way: ask again when that one is finished, and it will cover all that
    /// came meanwhile.
    package func beginSync() -> SyncRequest? {
        guard case .open = state, !isSyncing, !dirty.isEmpty else { return nil }
        isSyncing = true
        var files = dirty.sealed
        if dirty.active { files.append(active.file) }
        let request = SyncRequest(
            topicPartition: topicPartition, end: offsets.end, sealedEnd: active.baseOffset, files: files,
            directory: directory,
            syncsDirectory: dirty.directory, epochs: dirty.epochs ? epochs : nil, fileSystem: fileSystem)
        dirty = DirtyFiles()
        return request
    }

    /// Takes note of what became of a request. If it failed the log goes offline, for the system may have
    /// dropped what it could not write: only a restart finds out what is really there.
    package func finishSync(_ request: SyncRequest, _ result: Result<Void, LogError>, now: Timestamp) {
        precondition(isSyncing, "a sync is finished once")
        isSyncing = false
        lastSync = now
        switch result {
        case .success:
            recoveryPoint = max(recoveryPoint, request.end)
            sealedPoint = max(sealedPoint, request.sealedEnd)
            // Also with `os` durability: it has run ahead already, and this changes nothing.
            if case .open = state {
                let watermark = max(offsets.durable, request.end)
                offsets.advanceDurable(
                    to: request.end, ended: ended.firstStart(withMarkerFrom: watermark))
            }
            ended.settle(below: recoveryPoint)
        case .failure(let error):
            goOffline(error.fileSystemError ?? .inputOutput(.sync, directory))
        }
    }

    /// Whether something waits for a sync that `beginSync` would start.
    package var needsSync: Bool { !dirty.isEmpty }

    /// Whether `flush.messages` or `flush.ms` ask for a sync although the durability class does not.
    package func needsFlush(now: Timestamp) -> Bool {
        guard !dirty.isEmpty, !isSyncing else { return false }
        return offsets.end - recoveryPoint >= configuration.flushMessages
            || now - lastSync >= configuration.flushMs
    }

    /// Whether producers should wait until write-backs that were taken have finished.
    package var isAheadOfDisk: Bool { writeBacks.isAheadOfDisk }

    /// Work for the page cache, if there is any: nil mostly. Ask after appends.
    package func takeWriteBack() -> WriteBack? {
        writeBacks.take(for: topicPartition)
    }

    /// Takes note of what became of it.
    package func finishWriteBack(_ result: Result<Void, LogError>) {
        writeBacks.didFinish()
        guard case .failure(let error) = result else { return }
        goOffline(error.fileSystemError ?? .inputOutput(.writeBack, directory))
    }
}

extension LogError {
    /// The failed call to the system, if that was the reason.
    package var fileSystemError: FileSystemError? {
        switch self {
        case .storageFull(_, let error), .storageFailed(_, let error), .offline(_, let error): error
        case .invalidBatch, .batchTooLarge, .setTooLarge, .timestampOutOfRange, .invalidProducer,
            .unexpectedOffset, .offsetOutOfRange, .closed, .damaged:
            nil
        }
    }
}
