internal import MartletCore
internal import MartletRecords

/// Reads a segment from one end to the other, and finds what is intact in it and what lies between.
struct DamageSurvey {
    enum Step {
        case batch(BatchHeader, position: Int64)
        case damage(DamagedRegion)
    }

    private(set) var reader: SegmentReader
    /// Where the next segment begins; nil for the last.
    private let limit: Offset?
    private var isAtEnd = false

    init(_ reader: SegmentReader, limit: Offset?) {
        self.reader = reader
        self.limit = limit
    }

    /// The next intact batch, or what stands before it. Damage at the end of the last segment reaches to no
    /// offset: who asks knows better.
    mutating func next() throws(FileSystemError) -> Step? {
        guard !isAtEnd, let element = try reader.next() else { return nil }
        switch element {
        case .batch(let header, let position):
            return .batch(header, position: position)
        case .damage(let position, let damage):
            let first = reader.nextOffset
            if case .zeros = damage {
                isAtEnd = true
            } else {
                isAtEnd = try !reader.resynchronize()
            }
            let end = isAtEnd ? reader.end : reader.position
            var next = limit ?? first
            if !isAtEnd, let header = try reader.peek() { next = header.baseOffset }
            return .damage(
                DamagedRegion(positions: position..<end, offsets: first..<max(first, next), damage: damage))
        }
    }

    /// Offset behind the last batch.
    var nextOffset: Offset { reader.nextOffset }
}

extension DamageSurvey {
    /// What a survey of a whole segment has found.
    struct Result {
        var regions: [DamagedRegion] = []
        /// The intact batches, for their indexes.
        var segment: ActiveSegment
    }

    /// Finds the damage in a segment. Blocks for as long as it takes to read it.
    static func run(_ segment: SealedSegment) throws(FileSystemError) -> [DamagedRegion] {
        try survey(segment, indexInterval: LogConfiguration().indexIntervalBytes).regions
    }

    /// Finds the damage in a segment, notes it beside it, makes its indexes anew if they are wrong, and lets
    /// readers know. Blocks for as long as it takes to read it.
    ///
    /// Nobody else may change the segment's files meanwhile.
    @discardableResult
    static func quarantine(
        _ segment: SealedSegment, indexInterval: Int
    ) throws(FileSystemError) -> [DamagedRegion] {
        let result = try survey(segment, indexInterval: indexInterval)
        segment.checks.setRegions(result.regions)
        let transactions = try segment.soundTransactions()
        try store(result, transactions, of: segment)
        segment.setTransactions(transactions)
        segment.checks.setTimeIndexGood(nil)
        // Regions bound what is read, and all between them was checked.
        segment.checks.addVerified(0..<result.segment.byteCount)
        segment.forgetFiles()
        return result.regions
    }

    private static func survey(
        _ segment: SealedSegment, indexInterval: Int
    ) throws(FileSystemError) -> Result {
        let file = try segment.fileSystem.open(segment.path(.log), .readOnly)
        let size = try file.size()
        let seal = try segment.readSeal()
        var rules = BatchRules(baseOffset: segment.baseOffset)
        rules.limit = segment.nextOffset
        rules.isGapless = seal?.isGapless ?? false
        let end = min(size, seal.map { $0.byteCount > 0 ? $0.byteCount : size } ?? size)
        var survey = DamageSurvey(
            SegmentReader(file, rules, from: 0, to: end, nextOffset: segment.baseOffset),
            limit: segment.nextOffset)
        var result = Result(
            segment: ActiveSegment(baseOffset: segment.baseOffset, file: file, reservedByteCount: end))
        while let step = try survey.next() {
            switch step {
            case .batch(let header, _):
                result.segment.didAppend(
                    header, baseOffset: header.baseOffset, maxTimestamp: header.maxTimestamp,
                    indexInterval: indexInterval)
            case .damage(let region):
                result.regions.append(region)
                result.segment.skip(region)
            }
        }
        // Only compaction by another broker lets a segment end early.
        let isShort = seal.map {
            $0.byteCount > end || $0.isGapless || $0.isDamaged || $0.nextOffset < segment.nextOffset
        }
        if result.segment.nextOffset < segment.nextOffset, isShort ?? false {
            let region = segment.missing(from: result.segment.nextOffset, at: end)
            result.regions.append(region)
            result.segment.skip(region)
        }
        return result
    }

    private static func store(
        _ result: Result, _ transactions: TransactionIndex, of segment: SealedSegment
    ) throws(FileSystemError) {
        var rebuilt = result.segment
        rebuilt.appendLargestTime()
        let index = rebuilt.offsetIndex.encoded()
        let times = rebuilt.timeIndex.encoded()
        let aborted = transactions.encoded()
        var seal = SegmentSeal(
            rebuilt, nextOffset: segment.nextOffset, index: index, timeIndex: times, transactions: aborted)
        seal.isDamaged = !result.regions.isEmpty
        seal.isSettled = try segment.readSeal()?.isSettled ?? false
        let (fileSystem, directory) = (segment.fileSystem, segment.directory)
        func replace(_ kind: SegmentFile, _ bytes: [UInt8]) throws(FileSystemError) {
            let old = try fileSystem.contents(of: segment.path(kind))
            guard old.map({ [UInt8]($0) }) != bytes else { return }
            if bytes.isEmpty, kind == .txnindex {
                return try fileSystem.removeIfPresent(segment.path(kind))
            }
            try fileSystem.replace(
                kind.name(segment.baseOffset), in: directory, with: bytes, syncingDirectory: false)
        }
        if !result.regions.isEmpty { try replace(.damaged, DamageNote.encode(result.regions)) }
        try replace(.index, index)
        try replace(.timeindex, times)
        try replace(.txnindex, aborted)
        try replace(.seal, seal.encoded())
        try fileSystem.syncDirectory(directory)
    }
}
