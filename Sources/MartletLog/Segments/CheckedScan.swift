internal import MartletCore
internal import MartletRecords

/// Walks over the batches of a stretch of a segment. Those that nobody has checked yet are read whole, and
/// checked; of the others only the headers are read.
struct CheckedScan {
    /// Large enough for few calls, small enough for the processor's cache and for readers that want little.
    private static let chunkByteCount = 64 << 10

    private let file: any LogFile
    private let rules: BatchRules
    private let checks: SegmentChecks
    private let end: Int64
    private(set) var position: Int64
    /// Behind the batch before, if `isExact`; at least the offset of the next.
    private(set) var nextOffset: Offset
    private var isExact: Bool
    private var headers: HeaderScan
    private var reader: SegmentReader?
    /// Whether what follows was checked before, up to `spanEnd`.
    private var isVerified = false
    private var spanEnd: Int64 = -1
    private var checkedFrom: Int64
    /// Bytes that nobody had checked before.
    private(set) var checkedByteCount: Int64 = 0

    /// - Parameters:
    ///   - position: The start of a batch.
    ///   - nextOffset: Its offset, or the least that it may have if not `isExact`.
    init(
        _ view: SegmentView, from position: Int64, to end: Int64, nextOffset: Offset, isExact: Bool
    ) {
        file = view.file
        rules = view.rules
        checks = view.checks
        self.position = position
        self.end = end
        self.nextOffset = nextOffset
        self.isExact = isExact
        headers = HeaderScan(view.file, from: position, to: end)
        checkedFrom = position
    }

    /// The next batch; nil exactly at the end.
    mutating func next() throws(SegmentError) -> HeaderScan.Element? {
        guard position < end else { return nil }
        enterSpan()
        let element = try isVerified ? headers.next() : nextUnverified()
        guard let element else { return nil }
        position = element.endPosition
        nextOffset = element.header.nextOffset
        isExact = true
        return element
    }

    /// The header of the next batch, not checked; nil if there is none.
    mutating func peek() throws(SegmentError) -> BatchHeader? {
        guard position < end else { return nil }
        enterSpan()
        if isVerified { return try headers.peek() }
        do throws(FileSystemError) {
            return try reader?.peek()
        } catch {
            throw .storage(error)
        }
    }

    /// Notes what was found to be right. To be called in the end.
    mutating func commit() {
        guard reader != nil else { return }
        checks.addVerified(checkedFrom..<position)
        checkedFrom = position
    }

    private mutating func enterSpan() {
        guard position >= spanEnd else { return }
        commit()
        reader = nil
        (isVerified, spanEnd) = checks.span(from: position)
        if isVerified {
            headers.move(to: position)
        } else {
            checkedFrom = position
            reader = SegmentReader(
                file, rules, from: position, to: end, nextOffset: nextOffset, isExact: isExact,
                chunkByteCount: Self.chunkByteCount)
        }
    }

    private mutating func nextUnverified() throws(SegmentError) -> HeaderScan.Element? {
        let element: SegmentReader.Element?
        do throws(FileSystemError) {
            element = try reader?.next()
        } catch {
            throw .storage(error)
        }
        switch element {
        case .batch(let header, let position):
            checkedByteCount += Int64(header.byteCount)
            return HeaderScan.Element(header: header, position: position)
        case .damage(let position, let damage):
            throw .damaged(path: file.path, position: position, damage)
        case nil:
            return nil
        }
    }
}
