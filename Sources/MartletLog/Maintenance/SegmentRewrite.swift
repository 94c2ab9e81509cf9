internal import MartletCore
internal import MartletRecords

/// Writes what is wanted of some neighbouring segments into one that takes their place.
///
/// Every batch that is read has its checksum checked. The new segment covers the same offsets, to the last:
/// if nothing is left at its end, an empty batch says so.
struct SegmentRewrite {
    let view: MaintenanceView
    let throttle: MaintenanceThrottle
    /// In order, one after the other.
    let segments: [SealedSegment]
    let options: BatchMerger.Options

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

    private var base: Offset { segments[0].baseOffset }
    private var next: Offset { segments[segments.count - 1].nextOffset }

    /// Writes the files of the new segment, which do not count yet.
    ///
    /// - Parameters:
    ///   - decide: Says what becomes of a batch.
    ///   - keep: Says of each record of a batch that is filtered whether it stays.
    func write(
        isSettled: Bool, _ figures: inout MaintenanceFigures, decide: Decide, keep: Keep
    ) throws(MaintenanceError) -> SegmentFacts {
        var writer = try MaintenanceError.storing { () throws(FileSystemError) in
            try SegmentWriter(
                base, in: view.directory, view.fileSystem,
                indexInterval: view.configuration.indexIntervalBytes)
        }
        var merger = BatchMerger(options)
        for segment in segments {
            let count = try view.forEachBatch(of: segment, throttle) {
                batch, place throws(MaintenanceError) in
                let decision = decide(batch.header)
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
        }
        do throws(RecordError) {
            try merger.flush()
        } catch {
            throw MaintenanceError(error, in: SegmentPlace(path: view.path(.log, base), position: 0))
        }
        try drain(&merger, into: &writer, &figures)
        return try MaintenanceError.storing { () throws(FileSystemError) in
            try closeGap(&writer)
            return try writer.finish(
                next: next, isSettled: isSettled, transactions: try transactionIndex())
        }
    }

    /// Makes the new segment count, and puts it in place of the old ones.
    func swap(_ facts: SegmentFacts, _ outcome: inout MaintenanceOutcome) throws(MaintenanceError) {
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
            facts: facts)
        outcome.replaced.append(MaintenanceOutcome.Replacement(old: segments, new: new))
        outcome.figures.rewrittenSegmentCount += segments.count
    }

    /// Removes the new files again.
    func abandon() throws(MaintenanceError) {
        try MaintenanceError.storing { () throws(FileSystemError) in
            try SegmentSwap(view.directory, view.fileSystem).abandon(base)
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
    private func closeGap(_ writer: inout SegmentWriter) throws(FileSystemError) {
        while writer.nextOffset < next {
            let first = writer.nextOffset
            let count = min(next - first, Int64(Int32.max))
            try writer.appendEmptyBatch(from: first, count: Int32(count))
        }
    }

    /// The indexes of aborted transactions, one after the other: offsets do not change.
    private func transactionIndex() throws(FileSystemError) -> Bytes? {
        var entries: [UInt8] = []
        for segment in segments {
            let path = view.path(.txnindex, segment.baseOffset)
            guard let bytes = try view.fileSystem.contents(of: path) else { continue }
            entries += [UInt8](bytes)
        }
        return entries.isEmpty ? nil : Bytes(entries)
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
