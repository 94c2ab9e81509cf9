internal import MartletCore
internal import MartletRecords

/// Writes what is wanted of some neighbouring segments into one that takes their place.
///
/// Every batch that is read has its checksum checked. The new segment covers the same offsets, to the last:
/// if nothing is left at its end, an empty batch says so.
struct SegmentRewrite {
    let view: MaintenanceView
    let throttle: MaintenanceThrottle
    /// In order, one after the other. As many of them as fit into one segment are taken.
    let candidates: ArraySlice<SealedSegment>
    let options: BatchMerger.Options

    /// A new segment whose files are written, but do not count yet.
    struct Draft {
        /// Those that it stands for.
        var old: [SealedSegment]
        var facts: SegmentFacts
        var transactions: TransactionIndex
    }

    /// What is to become of a batch.
    struct Decision {
        var treatment: BatchMerger.Treatment
        /// For what must go some time after it was first compacted.
        var deleteHorizon: Timestamp?
        var records = Records.all

        enum Records {
            case all, none
            /// As each of them is judged.
            case filtered
        }
    }

    typealias Decide = (BatchHeader) -> Decision
    typealias Keep = (RecordView, UnsafeRawBufferPointer, BatchHeader) -> Bool

    /// Writes the files of the new segment.
    ///
    /// - Parameters:
    ///   - decide: Says what becomes of a batch.
    ///   - keep: Says of each record of a batch that is filtered whether it stays.
    func write(
        isSettled: Bool, _ figures: inout MaintenanceFigures, decide: Decide, keep: Keep
    ) throws(MaintenanceError) -> Draft {
        guard let base = candidates.first?.baseOffset else {
            preconditionFailure("a rewrite has something to read")
        }
        var old: [SealedSegment] = []
        var droppedMarkers: Set<Offset> = []
        var writer = try MaintenanceError.storing { () throws(FileSystemError) in
            try SegmentWriter(
                base, in: view.directory, view.fileSystem,
                indexInterval: view.configuration.indexIntervalBytes)
        }
        var merger = BatchMerger(options)
        for segment in candidates {
            if !old.isEmpty, try !hasRoom(for: segment, in: writer, base) { break }
            old.append(segment)
            let count = try view.forEachBatch(of: segment, throttle) {
                batch, place throws(MaintenanceError) in
                let decision = decide(batch.header)
                if batch.header.isControl, decision.treatment == .drop {
                    droppedMarkers.insert(batch.header.lastOffset)
                }
                do throws(RecordError) {
                    switch decision.records {
                    case .all where decision.deleteHorizon == nil:
                        try merger.append(batch, as: decision.treatment)
                    case .all:
                        try merger.append(
                            batch, as: decision.treatment, deleteHorizon: decision.deleteHorizon
                        ) { _, _, _ in true }
                    case .none:
                        try merger.append(batch, as: decision.treatment, deleteHorizon: nil) { _, _, _ in
                            false
                        }
                    case .filtered:
                        try merger.append(
                            batch, as: decision.treatment, deleteHorizon: decision.deleteHorizon,
                            keeping: keep)
                    }
                } catch {
                    throw MaintenanceError(error, in: place)
                }
                try drain(&merger, into: &writer, &figures)
            }
            figures.readByteCount += count
            do throws(RecordError) {
                try merger.flush()
            } catch {
                throw MaintenanceError(error, in: SegmentPlace(path: segment.path(.log), position: 0))
            }
            try drain(&merger, into: &writer, &figures)
        }
        let next = old[old.count - 1].nextOffset
        let transactions = try MaintenanceError.reading { () throws(SegmentError) in
            try transactionIndex(old, without: droppedMarkers)
        }
        let facts = try MaintenanceError.storing { () throws(FileSystemError) in
            try closeGap(&writer, upTo: next)
            return try writer.finish(next: next, isSettled: isSettled, transactions: transactions)
        }
        return Draft(old: old, facts: facts, transactions: transactions)
    }

    /// Whether one more segment can be added, even if all of it stays.
    private func hasRoom(
        for segment: SealedSegment, in writer: borrowing SegmentWriter, _ base: Offset
    ) throws(MaintenanceError) -> Bool {
        let added = try MaintenanceError.reading { () throws(SegmentError) in
            try segment.facts().byteCount
        }
        return writer.byteCount + added <= Int64(view.configuration.segmentBytes)
            && segment.nextOffset - base <= Int64(Int32.max)
    }

    /// Makes the new segment count, and puts it in place of the old ones.
    func swap(_ draft: Draft, _ outcome: inout MaintenanceOutcome) throws(MaintenanceError) {
        let segments = draft.old
        let base = segments[0].baseOffset
        let next = segments[segments.count - 1].nextOffset
        let swap = SegmentSwap(view.directory, view.fileSystem)
        // Whoever opens an old segment until the log knows of the new one gets the old files.
        let files = try MaintenanceError.reading { () throws(SegmentError) in
            try segments.map { segment throws(SegmentError) in try segment.open() }
        }
        try MaintenanceError.storing { () throws(FileSystemError) in
            try swap.prepare(base)
            try swap.commit(base)
        }
        for (segment, files) in zip(segments, files) { segment.keepOpen(files) }
        do {
            outcome.discardedPaths += try swap.finish(base, replacing: segments.map(\.baseOffset))
        } catch {
            throw .unfinishedSwap(error)
        }
        let new = SealedSegment(
            baseOffset: base, nextOffset: next, directory: view.directory, fileSystem: view.fileSystem,
            facts: draft.facts, mayHaveAborted: !draft.transactions.isEmpty)
        new.setTransactions(draft.transactions)
        outcome.replaced.append(MaintenanceOutcome.Replacement(old: segments, new: new))
        outcome.figures.rewrittenSegmentCount += segments.count
    }

    /// Removes the new files again.
    func abandon(_ draft: Draft) throws(MaintenanceError) {
        try MaintenanceError.storing { () throws(FileSystemError) in
            try SegmentSwap(view.directory, view.fileSystem).abandon(draft.old[0].baseOffset)
        }
    }

    // MARK: Parts

    /// Hands over what the merger has finished.
    private func drain(
        _ merger: inout BatchMerger, into writer: inout SegmentWriter, _ figures: inout MaintenanceFigures
    ) throws(MaintenanceError) {
        let before = writer.byteCount
        try MaintenanceError.storing { () throws(FileSystemError) in
            try merger.withOutput { bytes, headers throws(FileSystemError) in
                var position = 0
                for header in headers {
                    let batch = bytes[position..<position + header.byteCount]
                    try writer.append(UnsafeRawBufferPointer(rebasing: batch), header)
                    position += header.byteCount
                }
            }
        }
        let count = writer.byteCount - before
        figures.writtenByteCount += count
        try throttle.take(Int(count), view.cancellation)
    }

    /// Lets the segment end where the next one begins.
    private func closeGap(_ writer: inout SegmentWriter, upTo next: Offset) throws(FileSystemError) {
        while writer.nextOffset < next {
            let first = writer.nextOffset
            let count = min(next - first, Int64(Int32.max))
            try writer.appendEmptyBatch(from: first, count: Int32(count))
        }
    }

    /// The indexes of aborted transactions, one after the other: offsets do not change.
    ///
    /// A consumer that is told of a transaction leaves out all that its producer wrote, up to the marker. So
    /// what is told of must not outlive that; and markers stay as long as records of their transactions do.
    private func transactionIndex(
        _ segments: [SealedSegment], without droppedMarkers: Set<Offset>
    ) throws(SegmentError) -> TransactionIndex {
        var joined = TransactionIndex()
        for segment in segments {
            guard let index = try segment.open().transactions else {
                throw .damaged(path: segment.path(.txnindex), position: 0, .wrongTransactionIndex)
            }
            for entry in index.entries where !droppedMarkers.contains(entry.lastOffset) {
                joined.append(entry)
            }
        }
        return joined
    }
}

extension MaintenanceView {
    /// Reads the batches of a segment, each checked, until at least so many bytes were read.
    ///
    /// - Returns: How many bytes were read.
    func forEachBatch(
        of segment: SealedSegment, upTo byteLimit: Int64 = .max, _ throttle: MaintenanceThrottle,
        _ body: (RecordBatch, SegmentPlace) throws(MaintenanceError) -> Void
    ) throws(MaintenanceError) -> Int64 {
        let file = try MaintenanceError.reading { () throws(SegmentError) in try segment.open() }.view.file
        var reader = try MaintenanceError.storing { () throws(FileSystemError) in
            try SegmentReader(file, baseOffset: segment.baseOffset)
        }
        while reader.position < byteLimit,
            let element = try MaintenanceError.storing({ () throws(FileSystemError) in try reader.next() })
        {
            switch element {
            case .damage(let position, let damage):
                throw .segment(.damaged(path: file.path, position: position, damage))
            case .batch(let header, let position):
                try throttle.take(header.byteCount, cancellation)
                let place = SegmentPlace(path: file.path, position: position)
                let batch: RecordBatch
                do throws(RecordError) {
                    batch = try RecordBatch(reader.bytes(of: header, at: position))
                } catch {
                    throw MaintenanceError(error, in: place)
                }
                try body(batch, place)
            }
        }
        return reader.position
    }
}
