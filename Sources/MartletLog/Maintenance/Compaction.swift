package import MartletCore
internal import MartletRecords

extension MaintenanceView {
    /// Removes the records of which the log has newer ones with the same key, if enough has gathered for it.
    ///
    /// - Parameters:
    ///   - cleaned: Where the last compaction ended; nil if that is not known.
    ///   - mapByteCount: Memory for the keys. If they need more there are several passes.
    ///   - outcome: What was done, also if it ends with an error.
    package func compact(
        cleaned: Offset?, now: Timestamp, mapByteCount: Int, _ throttle: MaintenanceThrottle,
        _ outcome: inout MaintenanceOutcome
    ) throws(LogError) {
        // What is damaged may hold the end of a transaction, and so decide what is the last value of a key.
        guard let policy = configuration.compaction, !sealed.contains(where: \.isQuarantined) else { return }
        do throws(MaintenanceError) {
            let plan = try MaintenanceError.reading { () throws(SegmentError) in
                try CompactionPlan(self, policy, cleaned: cleaned, now: now)
            }
            guard plan.isDue(policy, now: now) else { return }
            var compaction = Compaction(self, policy, plan, now: now, throttle, mapByteCount: mapByteCount)
            try compaction.run(&outcome)
        } catch {
            if let error = LogError(error, in: topicPartition) { throw error }
        }
    }
}

/// Keeps, below some offset, only the last record of each key.
///
/// A pass reads what is new and remembers the last offset of each key in it; then it rewrites the log from
/// its start, without what these records replace. Offsets never change. As in Apache Kafka:
///
/// - a record without value marks its key as deleted, and goes `delete.retention.ms` after the first pass
///   that
///   met it: the batch notes when (KIP-534);
/// - records of aborted transactions go at once; a marker goes like a deletion mark once no record of its
///   transaction is left;
/// - a producer's last batch stays, emptied if need be, so that the log can still tell its sequence.
struct Compaction {
    private let view: MaintenanceView
    private let policy: CompactionPolicy
    private let now: Timestamp
    private let throttle: MaintenanceThrottle
    private let mapByteCount: Int
    private let limit: Offset
    private var dirtyStart: Offset
    /// As they are now: passes replace them.
    private var segments: [SealedSegment]

    init(
        _ view: MaintenanceView, _ policy: CompactionPolicy, _ plan: CompactionPlan, now: Timestamp,
        _ throttle: MaintenanceThrottle, mapByteCount: Int
    ) {
        self.view = view
        self.policy = policy
        self.now = now
        self.throttle = throttle
        self.mapByteCount = mapByteCount
        limit = plan.limit
        dirtyStart = plan.dirtyStart
        segments = view.sealed
    }

    mutating func run(_ outcome: inout MaintenanceOutcome) throws(MaintenanceError) {
        while dirtyStart < limit {
            let end = try pass(&outcome)
            outcome.cleanedOffset = end
            guard end > dirtyStart else { return }
            dirtyStart = end
        }
    }

    /// - Returns: Up to where the log is compact now.
    private mutating func pass(_ outcome: inout MaintenanceOutcome) throws(MaintenanceError) -> Offset {
        let (transactions, recordCount) = try scanTransactions()
        let map = KeyOffsetMap(byteCount: mapByteCount, expected: recordCount)
        let end = try fill(map, transactions, &outcome.figures)
        var pass = CompactionPass(
            map: map, end: end, transactions: transactions, policy: policy, now: now,
            producers: view.producers)
        var rest = segments.prefix { $0.baseOffset < end }
        while !rest.isEmpty {
            let rewrite = SegmentRewrite(
                view: view, throttle: throttle, candidates: rest, options: options)
            rest = rest.dropFirst(try pass.run(rewrite, &outcome))
        }
        takeOver(outcome)
        return end
    }

    private var options: BatchMerger.Options {
        var options = BatchMerger.Options()
        options.compression = view.configuration.segmentCompression?.compression
        options.level = view.configuration.segmentCompression?.level
        return options
    }

    /// Segments with records that are new to compaction.
    private var dirtySegments: [SealedSegment] {
        segments.filter { $0.nextOffset > dirtyStart && $0.baseOffset < limit }
    }

    /// Finds the aborted transactions of the new part. Their markers may stand behind it.
    private func scanTransactions() throws(MaintenanceError) -> (TransactionScan, recordCount: Int) {
        var scan = TransactionScan()
        try MaintenanceError.reading { () throws(SegmentError) in
            for segment in dirtySegments { try scan.scan(segment.open().view, from: dirtyStart) }
        }
        let recordCount = scan.recordCount
        try MaintenanceError.reading { () throws(SegmentError) in
            for segment in segments where segment.baseOffset >= limit && scan.hasOpenTransactions {
                try scan.scan(segment.open().view, from: segment.baseOffset)
            }
            if scan.hasOpenTransactions { try scan.scan(view.active, from: view.active.baseOffset) }
        }
        return (scan, recordCount)
    }

    /// Remembers the last offset of each key in the new part, until the memory is full.
    ///
    /// - Returns: Up to where all keys are remembered.
    private func fill(
        _ map: KeyOffsetMap, _ transactions: TransactionScan, _ figures: inout MaintenanceFigures
    ) throws(MaintenanceError) -> Offset {
        var end: Offset?
        for segment in dirtySegments where end == nil {
            let count = try view.forEachBatch(of: segment, throttle) {
                batch, place throws(MaintenanceError) in
                guard end == nil, batch.header.lastOffset >= dirtyStart, !batch.header.isControl,
                    !transactions.isAborted(batch.header)
                else { return }
                do throws(RecordError) {
                    try batch.records().forEach { record, bytes in
                        let offset = batch.header.offset(of: record)
                        guard end == nil, offset >= dirtyStart, offset < limit, let key = record.key else {
                            return
                        }
                        if !map.put(UnsafeRawBufferPointer(rebasing: bytes[key]), offset) { end = offset }
                    }
                } catch {
                    throw MaintenanceError(error, in: place)
                }
            }
            figures.readByteCount += count
        }
        return end ?? limit
    }

    /// Goes on with what stands in place of the old segments.
    private mutating func takeOver(_ outcome: MaintenanceOutcome) {
        for replacement in outcome.replaced {
            guard let first = replacement.old.first,
                let index = segments.firstIndex(where: { $0 === first })
            else { continue }
            segments.replaceSubrange(index..<index + replacement.old.count, with: [replacement.new])
        }
    }
}
