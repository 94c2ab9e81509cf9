package import MartletCore
package import MartletRecords

/// Reads a segment from one end to the other and checks every batch: for recovery, and for `martlet log
/// dump|verify`, which look at files without locking or changing anything.
package struct SegmentReader {
    package enum Element: Sendable, Hashable {
        /// A whole batch with the right checksum.
        case batch(BatchHeader, position: Int64)
        /// Bytes that are no batch. The reader stops here unless told to `resynchronize`.
        case damage(position: Int64, Damage)
    }

    private static let chunkByteCount = 1 << 20

    package let file: any LogFile
    /// Where the next batch begins.
    package private(set) var position: Int64
    /// The smallest offset that the next batch may have.
    package private(set) var nextOffset: Offset
    package let end: Int64
    private let baseOffset: Offset
    private var chunk = Bytes.Storage(capacity: 0)
    private var chunkRange: Range<Int64> = 0..<0

    /// - Parameters:
    ///   - file: A `.log` file.
    ///   - baseOffset: The offset in its name.
    package init(_ file: any LogFile, baseOffset: Offset) throws(FileSystemError) {
        try self.init(file, baseOffset: baseOffset, from: 0, nextOffset: baseOffset)
    }

    /// Begins with the batch at `position`.
    init(
        _ file: any LogFile, baseOffset: Offset, from position: Int64, nextOffset: Offset
    ) throws(FileSystemError) {
        self.file = file
        self.baseOffset = baseOffset
        self.position = position
        self.nextOffset = nextOffset
        end = try file.size()
    }

    /// The next batch, or what is found in its place; nil exactly at the end of the file.
    package mutating func next() throws(FileSystemError) -> Element? {
        guard position < end else { return nil }
        try load(BatchHeader.byteCount)
        let header: BatchHeader
        do throws(RecordError) {
            header = try loaded.withUnsafeBytes { bytes throws(RecordError) in try BatchHeader(bytes) }
        } catch {
            return .damage(position: position, try explain(error))
        }
        guard Int64(header.byteCount) <= end - position else {
            return .damage(
                position: position, .cutOff(byteCount: end - position, needed: Int64(header.byteCount)))
        }
        try load(header.byteCount)
        do throws(RecordError) {
            try loaded.withUnsafeBytes { bytes throws(RecordError) in try header.validate(bytes, from: .log) }
        } catch {
            return .damage(position: position, .invalidBatch(error))
        }
        guard header.baseOffset >= nextOffset, header.lastOffset - baseOffset <= Int64(UInt32.max >> 1) else {
            return .damage(
                position: position, .unexpectedOffset(expected: nextOffset, found: header.baseOffset))
        }
        let start = position
        position += Int64(header.byteCount)
        nextOffset = header.nextOffset
        return .batch(header, position: start)
    }

    /// What is found where the reader stands instead of a batch; nil at the end of the file.
    mutating func damage() throws(FileSystemError) -> Damage? {
        guard case .damage(_, let damage) = try next() else { return nil }
        return damage
    }

    /// Counts the intact batches that are still found behind the damage.
    mutating func countBatches() throws(FileSystemError) -> Int {
        var count = 0
        while try resynchronize() {
            while case .batch = try next() { count += 1 }
        }
        return count
    }

    /// The bytes of the batch that `next` has just returned. Shared with the reader: copy to keep them.
    package func bytes(of header: BatchHeader, at position: Int64) -> Bytes {
        Bytes(storage: chunk, start: Int(position - chunkRange.lowerBound), count: header.byteCount)
    }

    /// Goes to the next intact batch behind the damage; false if there is none.
    package mutating func resynchronize() throws(FileSystemError) -> Bool {
        position += 1
        while end - position > Int64(BatchHeader.byteCount) {
            try load(BatchHeader.byteCount)
            // The one byte of a header that is always the same.
            let magic = loaded.withUnsafeBytes { bytes in
                bytes.firstIndex(of: UInt8(BatchHeader.currentMagic), from: BatchHeader.Field.magic)
            }
            guard let magic else {
                position = max(position + 1, chunkRange.upperBound - Int64(BatchHeader.Field.magic))
                continue
            }
            position += Int64(magic - BatchHeader.Field.magic)
            let candidate = position
            let offset = nextOffset
            if case .batch = try next() {
                position = candidate
                nextOffset = offset
                return true
            }
            position = candidate + 1
        }
        return false
    }

    /// What is at hand from `position` on.
    private var loaded: Bytes {
        Bytes(
            storage: chunk, start: Int(position - chunkRange.lowerBound),
            count: Int(chunkRange.upperBound - position))
    }

    /// Reads on until `count` bytes from `position` on are at hand, or the file ends.
    private mutating func load(_ count: Int) throws(FileSystemError) {
        let needed = min(position + Int64(count), end)
        if position >= chunkRange.lowerBound && needed <= chunkRange.upperBound { return }
        let capacity = Int(min(end - position, Int64(max(count, Self.chunkByteCount))))
        // New memory instead of the old, which a batch of it may still be using.
        if capacity > chunk.capacity || !isKnownUniquelyReferenced(&chunk) {
            chunk = Bytes.Storage(capacity: capacity)
        }
        let buffer = UnsafeMutableRawBufferPointer(rebasing: chunk.memory[..<capacity])
        let filled = try file.read(into: buffer, at: position)
        // The file was longer when we began.
        guard filled == capacity else { throw .inputOutput(.read, file.path) }
        chunkRange = position..<position + Int64(filled)
    }

    /// Tells reserved space and cut-off batches from other damage.
    private mutating func explain(_ error: RecordError) throws(FileSystemError) -> Damage {
        if case .truncated(_, let needed) = error {
            return try isZero()
                ? .zeros(byteCount: end - position)
                : .cutOff(byteCount: end - position, needed: Int64(needed))
        }
        guard case .invalidLength(0) = error, try isZero() else { return .invalidBatch(error) }
        return .zeros(byteCount: end - position)
    }

    /// Whether there is nothing but zeros from here to the end. Leaves the position where it is.
    private mutating func isZero() throws(FileSystemError) -> Bool {
        let start = position
        defer { position = start }
        while position < end {
            try load(1)
            guard loaded.withUnsafeBytes({ $0.isZero }) else { return false }
            position = chunkRange.upperBound
        }
        return true
    }
}
