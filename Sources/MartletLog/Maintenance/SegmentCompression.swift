package import MartletCore
internal import MartletRecords

extension MaintenanceView {
    /// Rewrites the oldest sealed segment that has not been looked at into large, compressed batches, or
    /// finds that there is nothing to gain. Records, offsets and times stay as they are.
    ///
    /// - Returns: Whether there was one: then there may be more.
    package func compressNextSegment(
        now: Timestamp, _ throttle: MaintenanceThrottle, _ outcome: inout MaintenanceOutcome
    ) throws(LogError) -> Bool {
        // Compaction rewrites its segments itself, with the same codec.
        guard let policy = configuration.segmentCompression, configuration.compaction == nil else {
            return false
        }
        do throws(MaintenanceError) {
            guard let segment = try nextUnsettled(policy, now: now, outcome) else { return false }
            try SegmentCompression(view: self, policy: policy, throttle: throttle).run(segment, &outcome)
            return true
        } catch {
            if let error = LogError(error, in: topicPartition) { throw error }
            return false
        }
    }

    private func nextUnsettled(
        _ policy: SegmentCompressionPolicy, now: Timestamp, _ outcome: MaintenanceOutcome
    ) throws(MaintenanceError) -> SealedSegment? {
        let replaced = Set(outcome.replaced.flatMap(\.old).map(ObjectIdentifier.init))
        return try MaintenanceError.reading { () throws(SegmentError) in
            for segment in sealed
            where segment.nextOffset > start && !replaced.contains(ObjectIdentifier(segment)) {
                guard segment.nextOffset <= sealedPoint else { return nil }
                let facts = try segment.facts()
                guard !facts.isSettled, !segment.isQuarantined else { continue }
                return now - facts.largestTimestamp >= policy.minLagMs ? segment : nil
            }
            return nil
        }
    }
}

/// Rewrites a segment into large, compressed batches.
struct SegmentCompression {
    let view: MaintenanceView
    let policy: SegmentCompressionPolicy
    let throttle: MaintenanceThrottle

    /// How much is tried before a segment is rewritten.
    private static let sampleByteCount: Int64 = 1 << 20
    /// A rewrite that saves less than this share is not worth its cost.
    private static let smallestGain = 0.1

    func run(_ segment: SealedSegment, _ outcome: inout MaintenanceOutcome) throws(MaintenanceError) {
        let rewrite = SegmentRewrite(view: view, throttle: throttle, candidates: [segment], options: options)
        guard try isWorthwhile(segment, &outcome.figures) else { return try settle(segment) }
        let draft = try rewrite.write(isSettled: true, &outcome.figures) { header in
            SegmentRewrite.Decision(treatment: treatment(of: header))
        } keep: { _, _, _ in
            true
        }
        let old = try MaintenanceError.reading { () throws(SegmentError) in try segment.facts().byteCount }
        guard draft.facts.byteCount < old else {
            try rewrite.abandon(draft)
            return try settle(segment)
        }
        try rewrite.swap(draft, &outcome)
    }

    private var options: BatchMerger.Options {
        var options = BatchMerger.Options()
        options.compression = policy.compression
        options.level = policy.level
        return options
    }

    private func treatment(of header: BatchHeader) -> BatchMerger.Treatment {
        if header.isControl { return .copy }
        let isSpecial = header.hasDeleteHorizon || view.producers.isLast(header)
        return isSpecial ? .keepApart(evenIfEmpty: true) : .join
    }

    /// Tries the beginning of the segment.
    private func isWorthwhile(
        _ segment: SealedSegment, _ figures: inout MaintenanceFigures
    ) throws(MaintenanceError) -> Bool {
        var merger = BatchMerger(options)
        var read = 0
        var written = 0
        figures.readByteCount += try view.forEachBatch(
            of: segment, upTo: Self.sampleByteCount, throttle
        ) { batch, place throws(MaintenanceError) in
            do throws(RecordError) {
                try merger.append(batch, as: treatment(of: batch.header))
            } catch {
                throw MaintenanceError(error, in: place)
            }
            read += batch.header.byteCount
            merger.withOutput { bytes, _ in written += bytes.count }
        }
        do throws(RecordError) {
            try merger.flush()
        } catch {
            throw MaintenanceError(
                error, in: SegmentPlace(path: view.path(.log, segment.baseOffset), position: 0))
        }
        merger.withOutput { bytes, _ in written += bytes.count }
        return Double(written) < Double(read) * (1 - Self.smallestGain)
    }

    /// Notes that the segment stays as it is.
    private func settle(_ segment: SealedSegment) throws(MaintenanceError) {
        try MaintenanceError.reading { () throws(SegmentError) in try segment.settle() }
    }
}

extension SealedSegment {
    /// Notes beside the segment, too, that background compression need not come here again.
    func settle() throws(SegmentError) {
        if var seal = try seal(), !seal.isSettled {
            seal.isSettled = true
            do throws(FileSystemError) {
                try fileSystem.replace(
                    SegmentFile.seal.name(baseOffset), in: directory, with: seal.encoded(),
                    syncingDirectory: false)
            } catch {
                throw .storage(error)
            }
        }
        var facts = try facts()
        facts.isSettled = true
        setFacts(facts)
    }
}
