internal import MartletCore
internal import MartletRecords

/// Finds out what a log's directory holds, and puts it in order.
///
/// After a clean stop only the end of the last segment is looked at. Otherwise every segment that may hold
/// bytes which were never synced is read and checked. What is damaged there was never acknowledged, and the
/// log is cut before it. What is damaged below the offset that is known to be on disk stays as it is, and is
/// noted: the log opens, and serves what is intact around it.
struct LogRecovery {
    let opening: LogOpening
    let now: Timestamp
    var summary: RecoverySummary
    var epochs = LeaderEpochs()
    /// Files that were changed and must be synced before the log is used.
    var changed: [any LogFile] = []
    /// Everything below is known to be on disk; nil if nothing is known.
    var durable: Offset?
    /// Whether we have written the log before: another broker's may look different, and is never cut in the
    /// middle.
    private(set) var isOwn = false
    /// Segments whose indexes are made anew.
    var remade: Set<Offset> = []
    var names: Set<String> = []

    init(_ opening: LogOpening, now: Timestamp) {
        self.opening = opening
        self.now = now
        summary = RecoverySummary(topicPartition: opening.topicPartition)
    }

    var directory: String { opening.directory }
    var fileSystem: any FileSystem { opening.fileSystem }

    func path(_ kind: SegmentFile, _ offset: Offset) -> String { join(directory, kind.name(offset)) }

    func has(_ kind: SegmentFile, _ offset: Offset) -> Bool { names.contains(kind.name(offset)) }

    mutating func run() throws(SegmentError) -> PartitionLog.Contents {
        try prepare()
        let bases = names.compactMap(SegmentFile.parse).filter { $0.kind == .log }.map(\.baseOffset).sorted()
        guard !bases.isEmpty else { return try create() }
        if opening.wasCleanShutdown, let contents = try openClean(bases) { return contents }
        summary.wasUnclean = true
        return try recover(bases)
    }

    private mutating func prepare() throws(SegmentError) {
        do throws(FileSystemError) {
            names = try entries()
        } catch {
            throw .storage(error)
        }
        let didSwap = try SegmentSwap(directory, fileSystem).finishInterrupted(names)
        do throws(FileSystemError) {
            if didSwap { names = Set(try fileSystem.list(directory)) }
            try removeLeftOvers()
            durable = try DurableMark.read(in: directory, fileSystem)
            isOwn = durable != nil
            if let checkpoint = opening.recoveryPoint { durable = max(durable ?? checkpoint, checkpoint) }
            if let text = try fileSystem.contents(of: join(directory, LeaderEpochs.fileName)) {
                epochs = LeaderEpochs(decoding: text) ?? LeaderEpochs()
            }
        } catch {
            throw .storage(error)
        }
    }

    /// What is in the directory, which is created if missing.
    private func entries() throws(FileSystemError) -> Set<String> {
        do throws(FileSystemError) {
            return Set(try fileSystem.list(directory))
        } catch {
            guard error.isMissing else { throw error }
        }
        try fileSystem.createDirectory(directory)
        return []
    }

    /// Removes what was being written or deleted when the log was last used, and what belongs to a segment
    /// that is gone.
    private mutating func removeLeftOvers() throws(FileSystemError) {
        let suffixes = [temporarySuffix, SegmentSwap.deletedSuffix, SegmentSwap.cleanedSuffix]
        for name in names.sorted() {
            var isLeftOver = suffixes.contains { name.hasSuffix($0) }
            if let (kind, base) = SegmentFile.parse(name), kind != .log, kind != .snapshot {
                isLeftOver = !has(.log, base)
            }
            guard isLeftOver else { continue }
            try fileSystem.removeIfPresent(join(directory, name))
            names.remove(name)
        }
    }

    /// A log that did not exist, or of which nothing is left.
    mutating func create() throws(SegmentError) -> PartitionLog.Contents {
        let base = opening.logStartOffset ?? 0
        if let durable, durable > base {
            // All of its files are gone.
            _ = try wrapping { [self] () throws(FileSystemError) in
                try fileSystem.open(path(.log, base), .replace)
            }
            names.insert(SegmentFile.log.name(base))
            summary.wasUnclean = true
            return try recover([base])
        }
        let file = try wrapping { [self] () throws(FileSystemError) in
            try fileSystem.open(path(.log, base), .replace)
        }
        var active = ActiveSegment(baseOffset: base, file: file, reservedByteCount: 0)
        // There are snapshots where all records were deleted.
        let producers = try rebuildProducers(sealed: [], active: &active)
        do throws(FileSystemError) {
            try removeStraySnapshots(bases: [base], end: base)
            // With the mark on disk nobody will take this for a directory of unknown origin.
            try DurableMark.write(base, in: directory, fileSystem, syncing: true)
            try fileSystem.syncDirectory(directory)
            try fileSystem.syncDirectory(parent(of: directory))
            return PartitionLog.Contents(
                start: base, sealed: [], active: active, producers: producers, epochs: epochs,
                isAsClosed: true)
        } catch {
            throw .storage(error)
        }
    }

    func sealedSegments(
        _ bases: some Collection<Offset>, end: Offset
    ) throws(SegmentError) -> [SealedSegment] {
        var segments: [SealedSegment] = []
        for (base, next) in zip(bases, Array(bases.dropFirst()) + [end]) {
            let segment = SealedSegment(
                baseOffset: base, nextOffset: next, directory: directory, fileSystem: fileSystem,
                mayHaveAborted: has(.txnindex, base))
            if has(.damaged, base) { try readDamage(of: segment) }
            segments.append(segment)
        }
        return segments
    }

    /// What an earlier start, or a reader, has found out.
    private func readDamage(of segment: SealedSegment) throws(SegmentError) {
        try wrapping { () throws(FileSystemError) in
            if let note = try fileSystem.contents(of: segment.path(.damaged)),
                let regions = DamageNote.decode(note)
            {
                segment.checks.setRegions(regions)
            } else {
                try DamageSurvey.quarantine(
                    segment, indexInterval: opening.configuration.indexIntervalBytes)
            }
        }
    }

    func start(_ bases: [Offset], end: Offset) -> Offset {
        min(max(opening.logStartOffset ?? 0, bases.first ?? 0), end)
    }
}

/// The directory that holds the path.
func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
