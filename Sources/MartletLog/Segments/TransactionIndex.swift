package import MartletCore

/// The transactions that were aborted by markers in one segment, in the order of the markers. Their records
/// may lie in earlier segments.
package struct TransactionIndex: Sendable, Equatable {
    package private(set) var entries: [AbortedTransaction] = []
    /// The first record of any of them; nil if there are none.
    package private(set) var firstStart: Offset?

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// Adds a transaction whose marker stands behind all others.
    mutating func append(_ transaction: AbortedTransaction) {
        entries.append(transaction)
        firstStart = min(firstStart ?? transaction.firstOffset, transaction.firstOffset)
    }

    /// Adds those that have records in `range`, or a marker.
    ///
    /// - Returns: Whether those are all: what was aborted later has no records there.
    func collect(in range: Range<Offset>, into found: inout [AbortedTransaction]) -> Bool {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].lastOffset < range.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        for entry in entries[low...] {
            if entry.firstOffset < range.upperBound { found.append(entry) }
            if entry.lastStableOffset >= range.upperBound { return true }
        }
        return false
    }

    /// The form on disk.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * AbortedTransaction.encodedByteCount)
        for entry in entries { entry.append(to: &bytes) }
        return bytes
    }

    /// Reads the form on disk; nil if it is damaged, or the markers are not in order and in the segment.
    package init?(decoding bytes: UnsafeRawBufferPointer, within offsets: Range<Offset>) {
        guard bytes.count % AbortedTransaction.encodedByteCount == 0 else { return nil }
        entries.reserveCapacity(bytes.count / AbortedTransaction.encodedByteCount)
        for start in stride(from: 0, to: bytes.count, by: AbortedTransaction.encodedByteCount) {
            guard let entry = AbortedTransaction(decoding: bytes, at: start),
                offsets.contains(entry.lastOffset),
                entries.last.map({ $0.lastOffset < entry.lastOffset }) ?? true
            else { return nil }
            append(entry)
        }
    }
}
