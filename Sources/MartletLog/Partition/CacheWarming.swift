package import MartletCore

/// Brings bytes into the page cache before an event loop reads and sends them: a loop that waits for the disk
/// keeps all its other connections waiting. Taken from the log on its loop, performed on a thread.
package struct CacheWarming: Sendable {
    private let file: any LogFile
    /// What a reader has asked for.
    private let wanted: Range<Int64>
    /// What it will ask for next, if it goes on, as far as that is not on its way already.
    private let ahead: [Range<Int64>]
    /// Whether the reader must wait for this. If not, it is merely time to read on ahead of it.
    package let isUrgent: Bool

    /// How far a reader is read ahead of. Twice as much as the disk needs to be kept at work while half of it
    /// is being sent.
    static let aheadByteCount: Int64 = 16 << 20

    /// Bytes that the reader gets, about.
    package var byteCount: Int { Int(wanted.upperBound - wanted.lowerBound) }

    /// Nil if all is at hand.
    ///
    /// - Parameters:
    ///   - wanted: Where in the file a reader is about to read.
    ///   - end: Where the file ends.
    init?(_ file: any LogFile, _ wanted: Range<Int64>, end: Int64) {
        let isCached = file.isCached(wanted)
        // A look at one place ahead, half of what is to be there: so that not every read asks for more.
        let look = min(wanted.upperBound + Self.aheadByteCount / 2, end)
        if isCached, look <= wanted.upperBound || file.isCached(look - 1..<look) { return nil }
        self.file = file
        self.wanted = wanted
        isUrgent = !isCached
        let start = wanted.upperBound
        func part(_ range: Range<Int64>) -> Range<Int64> { range.clamped(to: start..<max(start, end)) }
        let window = start..<start + Self.aheadByteCount
        if isCached {
            ahead = [part(window)]
        } else {
            let next = min(2 * Int64(wanted.count), Self.aheadByteCount / 2)
            // Whoever has read what is before goes on, and the middle of the window was asked for then.
            // Others may come from elsewhere and go elsewhere.
            let before = wanted.lowerBound - 1
            let isSequential = before < 0 || file.isCached(before..<before + 1)
            let last = window.upperBound - next..<window.upperBound
            ahead = [part(start..<start + next)] + (isSequential ? [part(last)] : [])
        }
    }

    /// Blocks until the disk has delivered what the reader has asked for. Errors are left for it to find.
    package func perform() {
        if isUrgent { file.readAhead(wanted) }
        for range in ahead { file.readAhead(range) }
        guard isUrgent else { return }
        // The end first: it comes last, and so there is mostly one thing to wait for.
        var position = wanted.upperBound - 1
        while position > wanted.lowerBound {
            touch(position)
            position -= Self.stepByteCount
        }
        touch(wanted.lowerBound)
    }

    private static let stepByteCount: Int64 = 64 << 10

    private func touch(_ position: Int64) {
        var byte: UInt8 = 0
        withUnsafeMutableBytes(of: &byte) { byte in
            _ = try? file.read(into: byte, at: position)
        }
    }
}

extension PartitionLog {
    /// What to do before `read` is called with the same arguments, so that it finds all that it looks at in
    /// the page cache; nil if nothing, as for readers who follow the end of the log.
    package func warming(from offset: Offset, maxBytes: Int) -> CacheWarming? {
        guard offset >= offsets.start, offset < offsets.end else { return nil }
        do throws(FileSystemError) {
            if offset >= active.baseOffset {
                if let position = active.recent.position(of: offset) {
                    if active.byteCount - position <= hotTailByteCount { return nil }
                    return warming(active.file, from: position, maxBytes, end: active.byteCount)
                }
                let indexes = IndexLookup.memory(active.offsetIndex, active.timeIndex)
                let start = try indexes.position(near: offset - active.baseOffset)
                return warming(active.file, from: start, maxBytes, end: active.byteCount)
            }
            let segment = sealed[segmentIndex(holding: offset)]
            guard let files = try? segment.open() else { return nil }
            lastRead = files
            let start = try files.view.indexes.position(near: offset - segment.baseOffset)
            return warming(files.view.file, from: start, maxBytes, end: files.view.byteCount)
        } catch {
            // For the read to find.
            return nil
        }
    }

    /// What write-back leaves in the page cache behind the end in any case.
    private var hotTailByteCount: Int64 {
        configuration.writeBack.isEnabled ? Int64(configuration.writeBack.smallestTailWindowBytes) : .max
    }

    private func warming(
        _ file: any LogFile, from position: Int64, _ maxBytes: Int, end: Int64
    ) -> CacheWarming? {
        // The batch begins up to so much behind its index entry.
        let count = Int64(maxBytes) + Int64(configuration.indexIntervalBytes)
        guard position < end else { return nil }
        return CacheWarming(file, position..<min(position + count, end), end: end)
    }
}
