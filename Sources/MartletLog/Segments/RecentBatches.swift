internal import MartletCore

/// Where the last batches of the active segment are, so that consumers at the end of the log cost no index
/// lookup and no read before the one that sends the records.
struct RecentBatches {
    struct Entry {
        var baseOffset: Offset
        var nextOffset: Offset
        var position: Int64
        var endPosition: Int64
    }

    /// 8 KiB for a partition in use, nothing for one that never was.
    private static let capacity = 256

    private var ring: [Entry] = []
    /// Index of the oldest entry once the ring is full.
    private var head = 0

    var count: Int { ring.count }

    /// The entry with this age: 0 is the oldest.
    private subscript(index: Int) -> Entry {
        ring[(head + index) & (Self.capacity - 1)]
    }

    mutating func append(_ entry: Entry) {
        if ring.count < Self.capacity {
            ring.append(entry)
        } else {
            ring[head] = entry
            head = (head + 1) & (Self.capacity - 1)
        }
    }

    mutating func removeAll() {
        ring.removeAll(keepingCapacity: true)
        head = 0
    }

    /// Where the batch that holds `offset` begins; nil if that is older than what is remembered.
    func position(of offset: Offset) -> Int64? {
        guard count > 0, offset >= self[0].baseOffset else { return nil }
        let index = firstIndex { $0.nextOffset > offset }
        return index < count ? self[index].position : self[count - 1].endPosition
    }

    enum Span {
        /// The offset is older than what is remembered.
        case forgotten
        /// There is nothing to read, or not within the bounds.
        case empty
        case batches(first: Entry, last: Entry)
    }

    /// The batches from the one that holds `offset` on, as far as `limit` and `maxBytes` allow.
    func span(from offset: Offset, upTo limit: Offset, maxBytes: Int, atLeastOneBatch: Bool) -> Span {
        guard count > 0, offset >= self[0].baseOffset else { return .forgotten }
        let first = firstIndex { $0.nextOffset > offset }
        guard first < count else { return .empty }
        let start = self[first].position
        let end = firstIndex { $0.nextOffset > limit || $0.endPosition - start > Int64(maxBytes) }
        if end > first { return .batches(first: self[first], last: self[end - 1]) }
        let isAllowed = atLeastOneBatch && self[first].nextOffset <= limit
        return isAllowed ? .batches(first: self[first], last: self[first]) : .empty
    }

    private func firstIndex(where matches: (Entry) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if matches(self[middle]) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
