internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

extension Partition {
    /// Where a reader of this isolation level must stop.
    func readLimit(_ isolation: IsolationLevel) -> Offset {
        switch isolation {
        case .readCommitted: log.offsets.lastStable
        default: log.offsets.highWatermark
        }
    }

    func read(
        from offset: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool
    ) throws(LogError) -> LogSlice {
        defer { if log.wantsSurvey { startSurvey() } }
        return try log.read(from: offset, upTo: limit, maxBytes: maxBytes, atLeastOneBatch: atLeastOneBatch)
    }

    /// What threads must read from the disk before this loop reads there; nil if it is in the page cache.
    /// What will be asked for next is read on threads as well, and nobody waits for that.
    func warming(from offset: Offset, maxBytes: Int) -> CacheWarming? {
        guard let warming = log.warming(from: offset, maxBytes: maxBytes) else { return nil }
        if warming.isUrgent { return warming }
        if readAheadCount < Self.maximumReadAheadCount {
            readAheadCount += 1
            perform(warming) { [self] in readAheadCount -= 1 }
        }
        return nil
    }

    /// Readers who go on ask for more and more, even if the disk has stopped to deliver.
    private static let maximumReadAheadCount = 8

    /// Has a thread bring it into the page cache, and calls back on this loop.
    func perform(_ warming: CacheWarming, then ready: @escaping () -> Void) {
        let ready = NIOLoopBound(ready, eventLoop: shard.eventLoop)
        shard.environment.disk.read(for: shard.eventLoop) {
            warming.perform()
        } completion: {
            ready.value()
        }
    }

    /// Calls back on this loop when a read there finds all in the page cache: at once, or when threads have
    /// brought it. What is dropped again until then, the loop waits for.
    func whenAtHand(from offset: Offset, maxBytes: Int, _ ready: @escaping () -> Void) {
        guard let warming = warming(from: offset, maxBytes: maxBytes) else { return ready() }
        perform(warming, then: ready)
    }

    func snapshot() -> LogSnapshot { log.snapshot() }

    /// The epoch of the leader that wrote the first record, or that will write it.
    var startEpoch: LeaderEpoch {
        let start = log.offsets.start
        let known = start < log.offsets.end ? log.epoch(at: start) : .none
        return known == .none ? leaderEpoch : known
    }

    /// Gives up the records below `offset`; the new start must be noted before anyone is told of it.
    func deleteRecords(before offset: Offset) throws(LogError) -> Offset {
        guard !isClosed else { throw .closed(id) }
        return try log.deleteRecords(before: offset)
    }

    /// The largest epoch up to the one asked for, and the offset at which it ended; none if it is unknown.
    func endOffset(for epoch: LeaderEpoch) -> (epoch: LeaderEpoch, endOffset: Offset) {
        // The log hears of an epoch by its first batch, but the leader speaks for it from the start. A reader
        // at the end of an empty log would otherwise be told that its history is not ours, again and again.
        epoch == leaderEpoch ? (epoch, log.offsets.end) : log.endOffset(for: epoch)
    }

    // MARK: Damage

    /// Has a thread look closely at segments in which a reader has found something wrong. What is intact in
    /// them is served again when that is done.
    func startSurvey() {
        guard !isClosed, log.wantsSurvey, let request = log.takeSurvey(now: shard.environment.clock()) else {
            return
        }
        run { () throws(LogError) in
            try request.perform()
        } completion: { partition, result in
            partition.log.finishSurvey(request, result)
            partition.report(result)
        }
    }

    private func report(_ result: Result<[SegmentDamage], LogError>) {
        switch result {
        case .failure(let error):
            shard.note(error)
        case .success(let found):
            for damage in found { logger.report(damage, in: id) }
            shard.environment.metrics.didFindDamage(found.count)
        }
    }
}
