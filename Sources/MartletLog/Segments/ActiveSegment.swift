internal import MartletCore
internal import MartletRecords

/// The last segment of a log, which is written. Its indexes are in memory until it is sealed.
struct ActiveSegment {
    let baseOffset: Offset
    let file: any LogFile
    /// Where the batches end.
    private(set) var byteCount: Int64 = 0
    /// How far space is reserved; the size of the file.
    var reservedByteCount: Int64
    private(set) var offsetIndex = OffsetIndex()
    private(set) var timeIndex = TimeIndex()
    private(set) var transactions = TransactionIndex()
    private(set) var recent = RecentBatches()
    /// Largest time of any batch, and the last offset of the first batch that has it.
    private(set) var largestTime = Timestamp.none
    private var largestTimeOffset = Offset.none
    /// Largest time of the first batch, from which the age of the segment counts.
    private(set) var firstTime: Timestamp?
    private(set) var nextOffset: Offset
    /// Whether every offset from the first on is in a batch.
    private(set) var isGapless = true
    /// What this process did not append was perhaps never checked.
    let checks: SegmentChecks
    private var bytesSinceIndexEntry = 0

    init(
        baseOffset: Offset, file: any LogFile, reservedByteCount: Int64, checks: SegmentChecks = .ofNewFile()
    ) {
        self.checks = checks
        self.baseOffset = baseOffset
        self.file = file
        self.reservedByteCount = reservedByteCount
        nextOffset = baseOffset
    }

    var isEmpty: Bool { byteCount == 0 }

    /// Takes note of a batch that stands at the end.
    mutating func didAppend(
        _ header: BatchHeader, baseOffset: Offset, maxTimestamp: Timestamp, indexInterval: Int
    ) {
        let position = byteCount
        let lastOffset = baseOffset + Int64(header.lastOffsetDelta)
        byteCount += Int64(header.byteCount)
        if baseOffset != nextOffset { isGapless = false }
        nextOffset = lastOffset + 1
        if firstTime == nil { firstTime = maxTimestamp }
        if maxTimestamp > largestTime {
            largestTime = maxTimestamp
            largestTimeOffset = lastOffset
        }
        if bytesSinceIndexEntry > indexInterval {
            offsetIndex.append(
                relativeOffset: UInt32(truncatingIfNeeded: lastOffset - self.baseOffset),
                position: UInt32(truncatingIfNeeded: position))
            appendLargestTime()
            bytesSinceIndexEntry = 0
        }
        bytesSinceIndexEntry += header.byteCount
        recent.append(
            RecentBatches.Entry(
                baseOffset: baseOffset, nextOffset: nextOffset, position: position, endPosition: byteCount))
    }

    /// Takes note that the marker that stands last has aborted a transaction.
    mutating func didAbort(_ transaction: AbortedTransaction) {
        transactions.append(transaction)
    }

    /// Takes the index of aborted transactions that a clean stop has left, or that was made anew.
    mutating func adopt(_ transactions: TransactionIndex) {
        self.transactions = transactions
    }

    /// Whether batches up to `lastOffset` with this many bytes would go beyond what a segment holds.
    func mustRoll(
        before lastOffset: Offset, byteCount added: Int, maxTimestamp: Timestamp,
        jitterMs: Int64, _ configuration: LogConfiguration
    ) -> Bool {
        guard !isEmpty else { return false }
        if byteCount + Int64(added) > Int64(configuration.segmentBytes) { return true }
        if lastOffset - baseOffset > Int64(Int32.max) { return true }
        if let firstTime, maxTimestamp - firstTime > configuration.rollMs - jitterMs { return true }
        return offsetIndex.byteCount + OffsetIndex.entryByteCount > configuration.segmentIndexBytes
            || timeIndex.byteCount + TimeIndex.entryByteCount > configuration.segmentIndexBytes
    }

    /// Ends the time index with the largest time of all, as lookups in sealed segments rely on it.
    mutating func appendLargestTime() {
        guard largestTimeOffset != .none else { return }
        timeIndex.append(
            timestamp: largestTime, relativeOffset: UInt32(truncatingIfNeeded: largestTimeOffset - baseOffset)
        )
    }

    /// Takes the indexes that a clean stop has left, instead of making them anew from the batches.
    ///
    /// - Parameters:
    ///   - indexed: Where the last indexed batch begins. Those from there on are appended next.
    ///   - nextOffset: The first offset of that batch.
    mutating func adopt(
        _ offsets: OffsetIndex, _ times: TimeIndex, indexed: Int64, nextOffset: Offset,
        firstTime: Timestamp?, isGapless: Bool
    ) {
        self.isGapless = isGapless
        self.nextOffset = nextOffset
        offsetIndex = offsets
        timeIndex = times
        self.firstTime = firstTime
        byteCount = indexed
        if let last = times.entries.last {
            largestTime = last.timestamp
            largestTimeOffset = baseOffset + Int64(last.relativeOffset)
        }
    }

    /// Leaves out damage, which stands at the end.
    mutating func skip(_ region: DamagedRegion) {
        byteCount = region.positions.upperBound
        nextOffset = max(nextOffset, region.offsets.upperBound)
        isGapless = false
        recent.removeAll()
    }

    /// Forgets where the batches are that nobody has checked.
    mutating func forgetRecent() { recent.removeAll() }

    var view: SegmentView {
        SegmentView(
            baseOffset: baseOffset, nextOffset: nextOffset, file: file, byteCount: byteCount,
            indexes: .memory(offsetIndex, timeIndex), checks: checks, isGapless: isGapless, seal: nil,
            isActive: true)
    }
}
