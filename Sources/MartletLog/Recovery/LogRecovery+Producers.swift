internal import MartletCore
internal import MartletRecords

extension LogRecovery {
    /// The producers as of the end of the log: the newest snapshot, and the batches since.
    mutating func rebuildProducers(
        sealed: [SealedSegment], active: ActiveSegment
    ) throws(SegmentError) -> ProducerStates {
        let end = active.nextOffset
        var states = ProducerStates()
        var from: Offset = 0
        let snapshots = snapshotOffsets().filter { $0 <= end }.sorted(by: >)
        for offset in snapshots {
            let path = path(.snapshot, offset)
            let contents = try wrapping { () throws(FileSystemError) in try fileSystem.contents(of: path) }
            // A snapshot that was torn is as good as none: an older one and more of the log tell the same.
            guard let found = contents?.withUnsafeBytes({ ProducerSnapshot.decode($0) }) else { continue }
            states = found
            from = offset
            break
        }
        if from < end {
            for segment in sealed where segment.nextOffset > from {
                try replay(segment, from: from, into: &states)
            }
            if active.nextOffset > from { try replay(active.view, from: from, into: &states) }
        }
        states.expire(now: now, after: opening.configuration.producerIDExpirationMs)
        return states
    }

    private func replay(
        _ segment: SealedSegment, from: Offset, into states: inout ProducerStates
    ) throws(SegmentError) {
        let before = states
        do throws(SegmentError) {
            try replay(segment.open().view, from: from, into: &states)
        } catch .damaged {
            _ = try wrapping { () throws(FileSystemError) in
                try DamageSurvey.quarantine(
                    segment, indexInterval: opening.configuration.indexIntervalBytes)
            }
            states = before
            try replay(segment.open().view, from: from, into: &states)
        }
    }

    private func replay(
        _ view: SegmentView, from: Offset, into states: inout ProducerStates
    ) throws(SegmentError) {
        for stretch in view.stretches(from: from) {
            let start = try view.scan(from: max(from, stretch.offsets.lowerBound), in: stretch).position
            // Headers alone, as a start must not take the time to read whole segments.
            var scan = HeaderScan(view.file, from: start, to: stretch.positions.upperBound)
            try replay(&scan, of: view, from: from, into: &states)
        }
    }

    private func replay(
        _ scan: inout HeaderScan, of view: SegmentView, from: Offset, into states: inout ProducerStates
    ) throws(SegmentError) {
        while let batch = try scan.next() {
            guard batch.header.baseOffset >= from, batch.header.hasProducerID else { continue }
            var marker: TransactionMarker?
            if batch.header.isControl {
                let slice = LogSlice(
                    file: view.file, position: batch.position, byteCount: batch.header.byteCount,
                    baseOffset: batch.header.baseOffset, nextOffset: batch.header.nextOffset)
                marker = TransactionMarker(try wrapping { () throws(FileSystemError) in try slice.bytes() })
            }
            states.replay(batch.header, marker: marker, now: now)
        }
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
