internal import MartletCore
internal import MartletRecords

extension LogRecovery {
    /// The producers as of the end of the log: the newest snapshot, and the batches since.
    ///
    /// - Parameter remade: Segments that were read anew, of which the active one is the last: they get new
    ///   indexes of aborted transactions.
    mutating func rebuildProducers(
        sealed: [SealedSegment], active: inout ActiveSegment, remade: Set<Offset> = []
    ) throws(SegmentError) -> ProducerStates {
        let end = active.nextOffset
        let newest = try newestSnapshot(upTo: end)
        let first =
            try remade.min().map { base throws(SegmentError) in
                try newestSnapshot(upTo: min(base, end))
            } ?? newest
        let from = first.offset
        var replay = ProducerReplay(first.states, later: from < newest.offset ? newest : nil, now: now)
        if from < end {
            for segment in sealed where segment.nextOffset > from {
                try run(&replay, segment, from: from)
                let aborted = replay.takeAborted()
                if remade.contains(segment.baseOffset) { try store(aborted, of: segment) }
            }
            try replay.run(active.view, from: from)
        }
        if !remade.isEmpty {
            active.adopt(replay.takeAborted())
            // What lies there is of the last clean stop.
            let path = path(.txnindex, active.baseOffset)
            try wrapping { () throws(FileSystemError) in try fileSystem.removeIfPresent(path) }
        }
        return replay.finished(expiringAfter: opening.configuration.producerIDExpirationMs)
    }

    private func newestSnapshot(upTo end: Offset) throws(SegmentError) -> ProducerReplay.Snapshot {
        for offset in snapshotOffsets().filter({ $0 <= end }).sorted(by: >) {
            let path = path(.snapshot, offset)
            let contents = try wrapping { () throws(FileSystemError) in try fileSystem.contents(of: path) }
            // A snapshot that was torn is as good as none: an older one and more of the log tell the same.
            guard let states = contents?.withUnsafeBytes({ ProducerSnapshot.decode($0) }) else { continue }
            return ProducerReplay.Snapshot(states: states, offset: offset)
        }
        return ProducerReplay.Snapshot()
    }

    private func run(
        _ replay: inout ProducerReplay, _ segment: SealedSegment, from: Offset
    ) throws(SegmentError) {
        let before = replay
        do throws(SegmentError) {
            try replay.run(segment.open().view, from: from)
        } catch .damaged {
            _ = try wrapping { () throws(FileSystemError) in
                try DamageSurvey.quarantine(
                    segment, indexInterval: opening.configuration.indexIntervalBytes)
            }
            replay = before
            try replay.run(segment.open().view, from: from)
        }
    }

    private func store(_ aborted: TransactionIndex, of segment: SealedSegment) throws(SegmentError) {
        try wrapping { () throws(FileSystemError) in
            try segment.store(aborted)
        }
        segment.forgetFiles()
        segment.setTransactions(aborted)
    }

    /// Removes snapshots that belong to no segment, except the newest, and those of offsets that the log has
    /// lost.
    func removeStraySnapshots(bases: [Offset], end: Offset) throws(FileSystemError) {
        let snapshots = snapshotOffsets()
        let newest = snapshots.filter { $0 <= end }.max()
        for offset in snapshots where offset > end || (offset != newest && !bases.contains(offset)) {
            try fileSystem.removeIfPresent(path(.snapshot, offset))
        }
    }

    private func snapshotOffsets() -> [Offset] {
        names.compactMap(SegmentFile.parse).filter { $0.kind == .snapshot }.map(\.baseOffset)
    }
}
