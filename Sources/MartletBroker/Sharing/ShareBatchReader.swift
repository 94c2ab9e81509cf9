internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords

/// Walks over the headers of the batches in a part of a log, reading only them, and remembers where each
/// lies, so that what nobody acquired can be left out of the answer. Markers and the batches of aborted
/// transactions are there for nobody.
final class ShareBatchReader: Sequence, IteratorProtocol {
    private struct Place {
        let first: Offset
        let last: Offset
        let position: Int64
        let end: Int64
    }

    private let slice: LogSlice
    private var position: Int64
    private let end: Int64
    private var places: [Place] = []
    /// By their first offsets, those that the walk has reached left out.
    private var aborted: ArraySlice<AbortedTransaction>
    /// Up to where what these producers wrote was aborted.
    private var abortedUpTo: [ProducerID: Offset] = [:]
    private let window: Bytes.Storage
    private var windowRange: Range<Int64> = 0..<0
    /// Whether the walk ended at something that is no batch.
    private(set) var isDamaged = false

    private static let windowByteCount = 16 << 10

    /// - Parameter aborted: The transactions to leave out, by their first offsets.
    init(_ slice: LogSlice, _ aborted: [AbortedTransaction]) {
        self.slice = slice
        self.aborted = aborted[...]
        position = slice.position
        end = slice.position + Int64(slice.byteCount)
        window = Bytes.Storage(capacity: Swift.min(Self.windowByteCount, slice.byteCount))
    }

    func next() -> LogBatch? {
        guard position < end, !isDamaged else { return nil }
        guard let header = header(at: position), header.lastOffset >= header.baseOffset,
            header.baseOffset > places.last?.last ?? .none, Int64(header.byteCount) <= end - position
        else {
            isDamaged = true
            return nil
        }
        let start = position
        position += Int64(header.byteCount)
        places.append(
            Place(first: header.baseOffset, last: header.lastOffset, position: start, end: position))
        return LogBatch(
            first: header.baseOffset, last: header.lastOffset,
            isDeliverable: !header.isControl && !isAborted(header))
    }

    private func isAborted(_ header: BatchHeader) -> Bool {
        while let next = aborted.first, next.firstOffset <= header.baseOffset {
            abortedUpTo[next.producerID] = Swift.max(
                next.lastOffset, abortedUpTo[next.producerID] ?? next.lastOffset)
            aborted.removeFirst()
        }
        guard header.isTransactional, let last = abortedUpTo[header.producerID] else { return false }
        return header.baseOffset <= last
    }

    private func header(at position: Int64) -> BatchHeader? {
        let needed = position..<Swift.min(end, position + Int64(BatchHeader.byteCount))
        if needed.lowerBound < windowRange.lowerBound || needed.upperBound > windowRange.upperBound {
            let count = Int(Swift.min(Int64(window.capacity), end - position))
            let memory = UnsafeMutableRawBufferPointer(rebasing: window.memory[..<count])
            guard let read = try? slice.file.read(into: memory, at: position) else { return nil }
            windowRange = position..<position + Int64(read)
        }
        guard needed.upperBound <= windowRange.upperBound else { return nil }
        let offset = Int(position - windowRange.lowerBound)
        let bytes = UnsafeRawBufferPointer(
            rebasing: window.memory[offset..<Int(windowRange.upperBound - windowRange.lowerBound)])
        return try? BatchHeader(bytes)
    }

    /// The part of the slice that holds these offsets, in whole batches.
    func slice(from first: Offset, to last: Offset) -> LogSlice? {
        guard let begin = places.first(where: { $0.last >= first }),
            let end = places.last(where: { $0.first <= last })
        else { return nil }
        var part = slice
        part.position = begin.position
        part.byteCount = Int(end.end - begin.position)
        part.baseOffset = begin.first
        part.nextOffset = end.last + 1
        return part
    }
}
