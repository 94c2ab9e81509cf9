internal import MartletCore

/// Finds entries in the indexes of a segment, in memory while the segment is written, in their files
/// afterwards: a cold segment then costs no memory at all, and a lookup some twenty small reads of cached
/// pages.
enum IndexLookup: Sendable {
    case memory(OffsetIndex, TimeIndex)
    case files(offsets: any LogFile, offsetCount: Int, times: any LogFile, timeCount: Int)

    /// The last entry whose offset is at most `relativeOffset`.
    func entry(atOrBefore relativeOffset: Int64) throws(FileSystemError) -> OffsetIndex.Entry? {
        try lastOffsetEntry { Int64($0.relativeOffset) <= relativeOffset }
    }

    /// The last entry whose position is at most `position`, and whose offset is at most `offset`.
    func entry(
        atOrBeforePosition position: Int64, offset: Int64
    ) throws(FileSystemError) -> OffsetIndex.Entry? {
        try lastOffsetEntry { Int64($0.position) <= position && Int64($0.relativeOffset) <= offset }
    }

    /// Where the batch that holds `relativeOffset` begins, or a little before.
    func position(near relativeOffset: Int64) throws(FileSystemError) -> Int64 {
        let found = try countOfOffsets { Int64($0.relativeOffset) <= relativeOffset }
        guard found > 0, let before = try offsetEntry(found - 1) else { return 0 }
        if Int64(before.relativeOffset) == relativeOffset { return Int64(before.position) }
        // Entries name the last offsets of batches. Of large ones each has its own, and so the next is it.
        guard let next = try offsetEntry(found), next.position > before.position + Self.largeGap else {
            return Int64(before.position)
        }
        return Int64(next.position)
    }

    /// More than lies between two entries unless the batches are large.
    private static let largeGap: UInt32 = 64 << 10

    /// The last entry whose time is at most `timestamp`.
    func time(atOrBefore timestamp: Timestamp) throws(FileSystemError) -> TimeIndex.Entry? {
        try lastTimeEntry { $0.timestamp <= timestamp }
    }

    /// The last entry for a batch before `relativeOffset`.
    func time(beforeRelativeOffset relativeOffset: Int64) throws(FileSystemError) -> TimeIndex.Entry? {
        try lastTimeEntry { Int64($0.relativeOffset) < relativeOffset }
    }

    /// The largest time of the segment, and the batch that has it.
    func lastTime() throws(FileSystemError) -> TimeIndex.Entry? {
        try lastTimeEntry { _ in true }
    }

    private func lastOffsetEntry(
        where matches: (OffsetIndex.Entry) -> Bool
    ) throws(FileSystemError) -> OffsetIndex.Entry? {
        let found = try countOfOffsets(where: matches)
        return found == 0 ? nil : try offsetEntry(found - 1)
    }

    /// How many entries match, if those that do come first.
    private func countOfOffsets(where matches: (OffsetIndex.Entry) -> Bool) throws(FileSystemError) -> Int {
        switch self {
        case .memory(let index, _):
            let entries = index.entries
            return partitioningCount(entries.count) { index in matches(entries[index]) }
        case .files(let file, let count, _, _):
            return try partitioningCount(count) { index throws(FileSystemError) in
                matches(try Self.offsetEntry(index, in: file))
            }
        }
    }

    /// Nil behind the last.
    private func offsetEntry(_ index: Int) throws(FileSystemError) -> OffsetIndex.Entry? {
        switch self {
        case .memory(let offsets, _):
            index < offsets.entries.count ? offsets.entries[index] : nil
        case .files(let file, let count, _, _):
            index < count ? try Self.offsetEntry(index, in: file) : nil
        }
    }

    private func lastTimeEntry(
        where matches: (TimeIndex.Entry) -> Bool
    ) throws(FileSystemError) -> TimeIndex.Entry? {
        switch self {
        case .memory(_, let index):
            let entries = index.entries
            let count = partitioningCount(entries.count) { index in matches(entries[index]) }
            return count == 0 ? nil : entries[count - 1]
        case .files(_, _, let file, let count):
            let found = try partitioningCount(count) { index throws(FileSystemError) in
                matches(try Self.timeEntry(index, in: file))
            }
            return found == 0 ? nil : try Self.timeEntry(found - 1, in: file)
        }
    }

    private static func offsetEntry(_ index: Int, in file: any LogFile) throws(FileSystemError)
        -> OffsetIndex.Entry
    {
        try readEntry(index, byteCount: OffsetIndex.entryByteCount, in: file) { bytes in
            OffsetIndex.Entry(
                relativeOffset: bytes.bigEndian(UInt32.self, at: 0),
                position: bytes.bigEndian(UInt32.self, at: 4))
        }
    }

    private static func timeEntry(_ index: Int, in file: any LogFile) throws(FileSystemError)
        -> TimeIndex.Entry
    {
        try readEntry(index, byteCount: TimeIndex.entryByteCount, in: file) { bytes in
            TimeIndex.Entry(
                timestamp: Timestamp(rawValue: bytes.bigEndian(Int64.self, at: 0)),
                relativeOffset: bytes.bigEndian(UInt32.self, at: 8))
        }
    }

    private static func readEntry<Entry>(
        _ index: Int, byteCount: Int, in file: any LogFile, _ decode: (UnsafeRawBufferPointer) -> Entry
    ) throws(FileSystemError) -> Entry {
        var storage: (UInt64, UInt64) = (0, 0)
        return try withUnsafeMutableBytes(of: &storage) { all throws(FileSystemError) in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: all[..<byteCount])
            let position = Int64(index) * Int64(byteCount)
            // Somebody cut the file under us.
            guard try file.read(into: bytes, at: position) == byteCount else {
                throw .inputOutput(.read, file.path)
            }
            return decode(UnsafeRawBufferPointer(bytes))
        }
    }
}

/// How many of `count` elements in order match, if those that do come first.
private func partitioningCount<Failure: Error>(
    _ count: Int, _ matches: (Int) throws(Failure) -> Bool
) throws(Failure) -> Int {
    var low = 0
    var high = count
    while low < high {
        let middle = (low + high) / 2
        if try matches(middle) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    return low
}
