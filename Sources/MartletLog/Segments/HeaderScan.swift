internal import MartletCore
internal import MartletRecords

/// Walks over the batches of a segment by their headers, reading as little as possible between them.
struct HeaderScan {
    struct Element {
        var header: BatchHeader
        var position: Int64
        var endPosition: Int64 { position + Int64(header.byteCount) }
    }

    private static let chunkCapacity = 4_096

    let file: any LogFile
    /// Where the batches end.
    let end: Int64
    private(set) var position: Int64
    private var chunk = noMemory
    private var chunkByteCount = 0
    private var chunkStart: Int64 = 0

    private static let noMemory = Bytes.Storage(capacity: 0)

    /// - Parameter position: The start of a batch.
    init(_ file: any LogFile, from position: Int64, to end: Int64) {
        self.file = file
        self.position = position
        self.end = end
    }

    /// Goes on with the batch at `position`.
    mutating func move(to position: Int64) { self.position = position }

    /// The next batch; nil exactly at the end.
    mutating func next() throws(SegmentError) -> Element? {
        guard position < end else { return nil }
        let header: BatchHeader
        let bytes = try load()
        do throws(RecordError) {
            header = try BatchHeader(bytes)
        } catch {
            guard case .truncated(_, let needed) = error else { throw damage(.invalidBatch(error)) }
            throw damage(.cutOff(byteCount: end - position, needed: Int64(needed)))
        }
        guard Int64(header.byteCount) <= end - position else {
            throw damage(.cutOff(byteCount: end - position, needed: Int64(header.byteCount)))
        }
        let element = Element(header: header, position: position)
        position = element.endPosition
        return element
    }

    /// The header of the next batch; nil if there is none.
    mutating func peek() throws(SegmentError) -> BatchHeader? {
        guard position < end else { return nil }
        let bytes = try load()
        return try? BatchHeader(bytes)
    }

    /// What is at hand from the position on: a header at least, unless the batches end before.
    private mutating func load() throws(SegmentError) -> UnsafeRawBufferPointer {
        let count = Int(min(Int64(BatchHeader.byteCount), end - position))
        if position < chunkStart || position + Int64(count) > chunkStart + Int64(chunkByteCount) {
            try fill()
        }
        return UnsafeRawBufferPointer(rebasing: chunk.memory[Int(position - chunkStart)..<chunkByteCount])
    }

    private func damage(_ damage: Damage) -> SegmentError {
        .damaged(path: file.path, position: position, damage)
    }

    private mutating func fill() throws(SegmentError) {
        if chunk.capacity == 0 { chunk = Bytes.Storage(capacity: Self.chunkCapacity) }
        let wanted = Int(min(Int64(Self.chunkCapacity), end - position))
        do throws(FileSystemError) {
            chunkByteCount = try file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: chunk.memory[..<wanted]), at: position)
        } catch {
            throw .storage(error)
        }
        chunkStart = position
    }
}
