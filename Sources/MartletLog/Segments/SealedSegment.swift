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
    private let opened = Mutex(Opened())

    private struct Opened {
        weak var files: Files?
        /// Holds them open for good, where their names are gone.
        var kept: Files?
        var facts: SegmentFacts?
    }

    /// The open files; they close when nobody reads them any more.
    final class Files: Sendable {
        let view: SegmentView

        init(_ view: SegmentView) {
            self.view = view
        }
    }

    /// - Parameter facts: What is known of it, if it was sealed just now.
    init(
        baseOffset: Offset, nextOffset: Offset, directory: String, fileSystem: any FileSystem,
        facts: SegmentFacts? = nil
    ) {
        self.baseOffset = baseOffset
        self.nextOffset = nextOffset
        self.directory = directory
        self.fileSystem = fileSystem
        opened.withLock { $0.facts = facts }
    }

    /// Opens the segment unless it is open. Whoever wants it to stay open keeps the result.
    func open() throws(SegmentError) -> Files {
        if let files = opened.withLock({ $0.files }) { return files }
        let files: Files
        do throws(FileSystemError) {
            let log = try fileSystem.open(path(.log), .readOnly)
            let offsets = try fileSystem.open(path(.index), .readOnly)
            let times = try fileSystem.open(path(.timeindex), .readOnly)
            let indexes = IndexLookup.files(
                offsets: offsets, offsetCount: Int(try offsets.size()) / OffsetIndex.entryByteCount,
                times: times, timeCount: Int(try times.size()) / TimeIndex.entryByteCount)
            files = Files(
                SegmentView(
                    baseOffset: baseOffset, nextOffset: nextOffset, file: log, byteCount: try log.size(),
                    indexes: indexes))
        } catch {
            throw .storage(error)
        }
        opened.withLock { $0.files = files }
        return files
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
            var scan = HeaderScan(view.file, from: 0, to: view.byteCount)
            while let batch = try scan.next() { largest = max(largest, batch.header.maxTimestamp) }
        }
        return SegmentFacts(byteCount: view.byteCount, largestTimestamp: largest, isSettled: false)
    }

    /// What is noted beside it; nil if nothing is, or what is does not belong to these offsets.
    func seal() throws(SegmentError) -> SegmentSeal? {
        do throws(FileSystemError) {
            let bytes = try fileSystem.contents(of: path(.seal))
            let seal = bytes?.withUnsafeBytes { SegmentSeal(decoding: $0) }
            return seal?.baseOffset == baseOffset && seal?.nextOffset == nextOffset ? seal : nil
        } catch {
            throw .storage(error)
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
