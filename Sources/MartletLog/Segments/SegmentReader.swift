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

    package let file: any LogFile
    /// Where the next batch begins.
    package private(set) var position: Int64
    /// Where the next batch should begin; in compacted segments the least offset that it may have.
    package private(set) var nextOffset: Offset
    package let end: Int64
    private let rules: BatchRules
    /// Whether `nextOffset` is where the batch before ended.
    private var isExact: Bool
    /// How much is read at once.
    private let chunkByteCount: Int
    private var chunk = Bytes.Storage(capacity: 0)
    private var chunkRange: Range<Int64> = 0..<0
    /// Where the damaged batch ends, if its header says so.
    private var hop: Int64?

    /// - Parameters:
    ///   - file: A `.log` file.
    ///   - baseOffset: The offset in its name.
    package init(_ file: any LogFile, baseOffset: Offset) throws(FileSystemError) {
        let rules = BatchRules(baseOffset: baseOffset)
        self.init(file, rules, from: 0, to: try file.size(), nextOffset: baseOffset)
    }

    /// Begins with the batch at `position`.
    ///
    /// - Parameter isExact: Whether `nextOffset` is where the batch before ends, and not merely the least
    ///   that the first may have.
    init(
        _ file: any LogFile, _ rules: BatchRules, from position: Int64, to end: Int64, nextOffset: Offset,
        isExact: Bool = true, chunkByteCount: Int = 1 << 20
    ) {
        self.file = file
        self.rules = rules
        self.position = position
        self.end = end
        self.nextOffset = nextOffset
        self.isExact = isExact
        self.chunkByteCount = chunkByteCount
    }

    /// The next batch, or what is found in its place; nil exactly at the end of the file.
    package mutating func next() throws(FileSystemError) -> Element? {
        guard position < end else { return nil }
        try load(BatchHeader.byteCount)
        hop = nil
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
        let batchEnd = position + Int64(header.byteCount)
        hop = batchEnd
        try load(header.byteCount)
        do throws(RecordError) {
            try loaded.withUnsafeBytes { bytes throws(RecordError) in try header.validate(bytes, from: .log) }
        } catch {
            return .damage(position: position, .invalidBatch(error))
        }
        if let damage = try damage(header, endingAt: batchEnd) {
            return .damage(position: position, damage)
        }
        let start = position
        position = batchEnd
        nextOffset = header.nextOffset
        isExact = true
        hop = nil
        return .batch(header, position: start)
    }

    /// The header where the reader stands, not checked; nil if there is none.
    package mutating func peek() throws(FileSystemError) -> BatchHeader? {
        try load(BatchHeader.byteCount)
        return loaded.withUnsafeBytes { bytes in try? BatchHeader(bytes) }
    }

    /// Whether the offsets of an intact batch are what they should be.
    private mutating func damage(
        _ header: BatchHeader, endingAt batchEnd: Int64
    ) throws(FileSystemError) -> Damage? {
        let offsets = header.baseOffset..<header.nextOffset
        if let damage = rules.damage(offsets, expected: nextOffset, isExact: isExact) { return damage }
        guard offsets.lowerBound > nextOffset, !rules.isGapless else { return nil }
        // A gap is left by compaction, or else the offset has changed; then the next batch contradicts.
        let start = position
        position = batchEnd
        defer { position = start }
        guard end - position >= Int64(BatchHeader.byteCount), let next = try peek(),
            next.baseOffset < offsets.upperBound, next.baseOffset >= nextOffset
        else { return nil }
        return .unexpectedOffset(expected: nextOffset, found: offsets.lowerBound)
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
        isExact = false
        // What a damaged batch holds may look like a batch: somebody's records may be batches. So its own
        // header comes first, and is right more often than not.
        if let hop, hop < end {
            let start = position
            position = hop
            if try isAtBatch() { return true }
            position = start
        }
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
            if try isAtBatch() { return true }
            position += 1
        }
        return false
    }

    /// Whether the next is an intact batch. Leaves the position where it is.
    private mutating func isAtBatch() throws(FileSystemError) -> Bool {
        let start = position
        let offset = nextOffset
        defer {
            position = start
            nextOffset = offset
            isExact = false
        }
        guard case .batch = try next() else { return false }
        return true
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
        let capacity = Int(min(end - position, Int64(max(count, chunkByteCount))))
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
