internal import MartletCore
internal import Synchronization

/// A segment that is no longer written. Costs a few dozen bytes until someone reads it.
final class SealedSegment: Sendable {
    let baseOffset: Offset
    /// Where the next segment begins. The last records may have been compacted away.
    let nextOffset: Offset
    private let directory: String
    private let fileSystem: any FileSystem
    private let opened = Mutex(Opened())

    private struct Opened {
        weak var files: Files?
    }

    /// The open files; they close when nobody reads them any more.
    final class Files: Sendable {
        let view: SegmentView

        init(_ view: SegmentView) {
            self.view = view
        }
    }

    init(baseOffset: Offset, nextOffset: Offset, directory: String, fileSystem: any FileSystem) {
        self.baseOffset = baseOffset
        self.nextOffset = nextOffset
        self.directory = directory
        self.fileSystem = fileSystem
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

    private func path(_ file: SegmentFile) -> String { join(directory, file.name(baseOffset)) }
}
