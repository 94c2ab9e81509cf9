package import MartletCore

/// Starts writing appended bytes to disk, and lets go of the page cache behind older ones. Taken from the log
/// on its event loop, performed on a thread pool, handed back to `PartitionLog.finishWriteBack`.
package struct WriteBack: Sendable {
    package let topicPartition: TopicPartition
    let started: [Piece]
    let dropped: [Piece]

    struct Piece: Sendable {
        var file: any LogFile
        /// Base offset of the segment that the file is of.
        var segment: Offset
        var range: Range<Int64>
        var byteCount: Int { Int(range.upperBound - range.lowerBound) }
    }

    /// May block while the disk is busy. An error counts like one of a sync, as the system reports it only
    /// once.
    package func perform() throws(LogError) {
        do throws(FileSystemError) {
            // First, as it is quick: what is that old has been written, unless the disk is behind.
            for piece in dropped {
                // Only clean pages can be dropped.
                try piece.file.writeBack(piece.range, wait: true)
                piece.file.dropCache(piece.range)
            }
            for piece in started { try piece.file.writeBack(piece.range, wait: false) }
        } catch {
            throw .storageFailed(topicPartition, error)
        }
    }
}

/// Remembers which bytes of a log are in the page cache because the log has put them there.
struct WriteBackQueue: ~Copyable {
    /// How many write-backs may be unfinished before the log is ahead of the disk, or of the threads that do
    /// them.
    private static let mostUnfinished = 2
    /// What the window must have room for besides what it keeps: a piece of each of these, one that is
    /// appended to, and what producers have sent already when they are held back.
    private static let piecesOnTheWay = mostUnfinished + 6

    private let policy: WriteBackPolicy
    /// Bytes appended since the last piece was cut: all in one file.
    private var open: WriteBack.Piece?
    /// Pieces for which write-back has not been started.
    private var waiting: [WriteBack.Piece] = []
    /// Pieces within the tail window, oldest first.
    private var cached: [WriteBack.Piece] = []
    private var cachedByteCount = 0
    /// Write-backs that were taken and have not finished.
    private var unfinished = 0

    init(_ policy: WriteBackPolicy) {
        self.policy = policy
    }

    deinit {
        policy.budget?.drop(cachedByteCount)
    }

    var isDue: Bool { !waiting.isEmpty }

    /// Whether appending on at this pace would fill the page cache beyond the window: what is not on the disk
    /// cannot be dropped.
    var isAheadOfDisk: Bool { unfinished > Self.mostUnfinished }

    mutating func didFinish() { unfinished -= 1 }

    /// Takes note of bytes that stand in the file of a segment, behind those it was told of before.
    mutating func didAppend(_ range: Range<Int64>, to file: any LogFile, of segment: Offset) {
        guard policy.isEnabled else { return }
        if open?.file !== file {
            cut()
            open = WriteBack.Piece(file: file, segment: segment, range: range)
        }
        let start = open?.range.lowerBound ?? range.lowerBound
        open?.range = start..<range.upperBound
        if range.upperBound - start >= Int64(policy.intervalBytes) { cut() }
    }

    private mutating func cut() {
        guard let piece = open else { return }
        open = nil
        waiting.append(piece)
        cached.append(piece)
        cachedByteCount += piece.byteCount
        policy.budget?.hold(piece.byteCount)
    }

    /// Lets go of segments whose files were deleted or replaced: a file that is open keeps its space on the
    /// disk.
    mutating func forget(_ segments: Set<Offset>) {
        waiting.removeAll { segments.contains($0.segment) }
        if let piece = open, segments.contains(piece.segment) { open = nil }
        var forgottenByteCount = 0
        cached.removeAll { piece in
            guard segments.contains(piece.segment) else { return false }
            forgottenByteCount += piece.byteCount
            return true
        }
        cachedByteCount -= forgottenByteCount
        policy.budget?.drop(forgottenByteCount)
    }

    mutating func take(for topicPartition: TopicPartition) -> WriteBack? {
        guard isDue else { return nil }
        let share = policy.budget?.share(of: policy.tailWindowBytes) ?? policy.tailWindowBytes
        let onTheWay = Self.piecesOnTheWay * policy.intervalBytes
        let window = max(policy.smallestTailWindowBytes, share - onTheWay)
        var dropped: [WriteBack.Piece] = []
        var droppedByteCount = 0
        for piece in cached {
            guard cachedByteCount - droppedByteCount - piece.byteCount >= window else { break }
            droppedByteCount += piece.byteCount
            dropped.append(piece)
        }
        cached.removeFirst(dropped.count)
        cachedByteCount -= droppedByteCount
        policy.budget?.drop(droppedByteCount)
        unfinished += 1
        defer { waiting.removeAll(keepingCapacity: true) }
        return WriteBack(topicPartition: topicPartition, started: waiting, dropped: dropped)
    }
}
