internal import MartletCore
internal import MartletRecords
internal import Synchronization

/// A segment that is no longer written. Costs a few dozen bytes until someone reads it.
final class SealedSegment: Sendable {
    let baseOffset: Offset
    /// Where the next segment begins. The last records may have been compacted away.
    let nextOffset: Offset
    let directory: String
    let fileSystem: any FileSystem
    /// What is known of its bytes.
    let checks: SegmentChecks
    private let opened = Mutex(Opened())
    /// The first record of any transaction that was aborted in it: -1 until someone has looked, `Int64.max`
    /// if there are none. So that readers of a log without any do not open a file.
    private let firstAborted: Atomic<Int64>

    private struct Opened {
        weak var files: Files?
        /// Holds them open for good, where their names are gone.
        var kept: Files?
        var facts: SegmentFacts?
    }

    /// The open files; they close when nobody reads them any more.
    final class Files: Sendable {
        let view: SegmentView
        /// Nil if its file is not what was written.
        let transactions: TransactionIndex?

        init(_ view: SegmentView, _ transactions: TransactionIndex?) {
            self.view = view
            self.transactions = transactions
        }
    }

    /// - Parameters:
    ///   - facts: What is known of it, if it was sealed just now.
    ///   - checks: What is known of its bytes: of those that this process has not written, nothing at first.
    ///   - mayHaveAborted: Whether it has a `.txnindex`.
    init(
        baseOffset: Offset, nextOffset: Offset, directory: String, fileSystem: any FileSystem,
        facts: SegmentFacts? = nil, checks: SegmentChecks = SegmentChecks(), mayHaveAborted: Bool
    ) {
        firstAborted = Atomic(mayHaveAborted ? -1 : Int64.max)
        self.baseOffset = baseOffset
        self.nextOffset = nextOffset
        self.directory = directory
        self.fileSystem = fileSystem
        self.checks = checks
        opened.withLock { $0.facts = facts }
    }

    /// Parts of it are damaged: it is served as far as it is intact, and never rewritten.
    var isQuarantined: Bool { !checks.regions.isEmpty }

    /// In order; empty in a sound segment.
    var damage: [DamagedRegion] { checks.regions }

    /// Opens the segment unless it is open. Whoever wants it to stay open keeps the result.
    func open() throws(SegmentError) -> Files {
        if let files = opened.withLock({ $0.files }) { return files }
        let files: Files
        do throws(FileSystemError) {
            let log = try fileSystem.open(path(.log), .readOnly)
            let view = try view(of: log)
            files = Files(view, mayHaveAborted ? try transactions(view.seal) : TransactionIndex())
        } catch {
            throw .storage(error)
        }
        opened.withLock { $0.files = files }
        return files
    }

    private func view(of log: any LogFile) throws(FileSystemError) -> SegmentView {
        let size = try log.size()
        let seal = try readSeal().flatMap { $0.nextOffset <= nextOffset ? $0 : nil }
        let damage = damage
        if let seal, damage.isEmpty {
            if seal.byteCount > size { checks.wantSurvey() }
            // The segment that came next is gone.
            if seal.nextOffset < nextOffset {
                checks.setRegions([missing(from: seal.nextOffset, at: min(size, seal.byteCount))])
                checks.wantSurvey()
            }
        }
        return SegmentView(
            baseOffset: baseOffset, nextOffset: nextOffset, file: log,
            byteCount: min(size, seal?.byteCount ?? size), indexes: try indexes(), checks: checks,
            isGapless: seal?.isGapless ?? false, seal: seal, isActive: false)
    }

    /// Nil if the file is not what was written.
    private func transactions(_ seal: SegmentSeal?) throws(FileSystemError) -> TransactionIndex? {
        let bytes = try fileSystem.contents(of: path(.txnindex)) ?? .empty
        let expected = seal?.transactionIndexChecksum
        guard expected.map({ $0 == CRC32C.checksum(of: bytes) }) ?? true,
            let index = bytes.withUnsafeBytes({
                TransactionIndex(decoding: $0, within: baseOffset..<nextOffset)
            })
        else {
            checks.wantSurvey()
            return nil
        }
        firstAborted.store(index.firstStart?.rawValue ?? .max, ordering: .relaxed)
        return index
    }

    var mayHaveAborted: Bool { mayHaveAborted(before: Offset(rawValue: .max)) }

    /// Whether a transaction that was aborted in it may have records below the offset.
    func mayHaveAborted(before offset: Offset) -> Bool {
        firstAborted.load(ordering: .relaxed) < offset.rawValue
    }

    /// Takes note of what is in a `.txnindex` that was just written.
    func setTransactions(_ index: TransactionIndex) {
        firstAborted.store(index.firstStart?.rawValue ?? .max, ordering: .relaxed)
    }

    func missing(from offset: Offset, at position: Int64) -> DamagedRegion {
        DamagedRegion(
            positions: position..<position, offsets: offset..<nextOffset,
            damage: .missingRecords(from: offset, to: nextOffset))
    }

    private func indexes() throws(FileSystemError) -> IndexLookup {
        do throws(FileSystemError) {
            let offsets = try fileSystem.open(path(.index), .readOnly)
            let times = try fileSystem.open(path(.timeindex), .readOnly)
            return .files(
                offsets: offsets, offsetCount: Int(try offsets.size()) / OffsetIndex.entryByteCount,
                times: times, timeCount: Int(try times.size()) / TimeIndex.entryByteCount)
        } catch {
            guard error.isMissing else { throw error }
            // Without them all is found by reading on, until they are made anew.
            checks.wantSurvey()
            return .memory(OffsetIndex(), TimeIndex())
        }
    }

    /// Lets the next reader open the files anew, as their indexes have been replaced.
    func forgetFiles() {
        opened.withLock {
            $0.files = nil
            $0.facts = nil
        }
    }

    /// Takes note that these files have lost their names, so that they cannot be opened again.
    func keepOpen(_ files: Files) {
        opened.withLock { $0.kept = files }
    }

    /// Size and age, and whether it is settled. Reads a file or two the first time.
    func facts() throws(SegmentError) -> SegmentFacts {
        if let facts = opened.withLock({ $0.facts }) { return facts }
        let facts = try readFacts()
        opened.withLock { $0.facts = facts }
        return facts
    }

    func setFacts(_ facts: SegmentFacts) {
        opened.withLock { $0.facts = facts }
    }

    private func readFacts() throws(SegmentError) -> SegmentFacts {
        if let seal = try seal() { return SegmentFacts(seal) }
        let view = try open().view
        var largest = try view.largestIndexedTime() ?? .none
        if largest == .none {
            // An index without entries: nothing in it has a time, or another broker has left it so.
            for stretch in view.stretches(from: baseOffset) {
                var scan = try view.scan(from: baseOffset, in: stretch)
                defer { scan.commit() }
                while let batch = try scan.next() { largest = max(largest, batch.header.maxTimestamp) }
            }
        }
        return SegmentFacts(byteCount: view.byteCount, largestTimestamp: largest, isSettled: false)
    }

    /// What is noted beside it; nil if nothing is, or what is does not belong to these offsets.
    func seal() throws(SegmentError) -> SegmentSeal? {
        do throws(FileSystemError) {
            return try readSeal().flatMap { $0.nextOffset == nextOffset ? $0 : nil }
        } catch {
            throw .storage(error)
        }
    }

    func readSeal() throws(FileSystemError) -> SegmentSeal? {
        let bytes = try fileSystem.contents(of: path(.seal))
        return bytes?.withUnsafeBytes { SegmentSeal(decoding: $0) }.flatMap {
            $0.baseOffset == baseOffset ? $0 : nil
        }
    }

    func path(_ file: SegmentFile) -> String { join(directory, file.name(baseOffset)) }
}

/// What maintenance must know of a sealed segment.
struct SegmentFacts: Sendable, Hashable {
    /// Bytes of the `.log` file.
    var byteCount: Int64
    /// Largest time of its records; none without any that has one.
    var largestTimestamp: Timestamp
    /// Background compression has nothing to do here.
    var isSettled: Bool

    init(byteCount: Int64, largestTimestamp: Timestamp, isSettled: Bool) {
        self.byteCount = byteCount
        self.largestTimestamp = largestTimestamp
        self.isSettled = isSettled
    }

    init(_ seal: SegmentSeal) {
        self.init(
            byteCount: seal.byteCount, largestTimestamp: seal.largestTimestamp, isSettled: seal.isSettled)
    }
}
