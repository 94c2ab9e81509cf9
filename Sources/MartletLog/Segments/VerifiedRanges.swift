/// Which bytes of a file were checked: a few ranges in order, that do not touch.
struct VerifiedRanges {
    /// Beyond this the smallest is forgotten, and checked again when it is read: memory is bounded however
    /// readers jump about.
    static let capacity = 64

    private(set) var ranges: [Range<Int64>] = []

    init(_ range: Range<Int64>? = nil) {
        if let range { insert(range) }
    }

    /// Whether the byte was checked, and up to where the next ones are like it.
    func span(from position: Int64) -> (isVerified: Bool, end: Int64) {
        let index = firstIndex(endingBehind: position)
        guard index < ranges.count else { return (false, .max) }
        let range = ranges[index]
        return range.lowerBound <= position ? (true, range.upperBound) : (false, range.lowerBound)
    }

    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        var merged = range
        // One that ends where this begins is merged, too.
        let first = firstIndex(endingBehind: range.lowerBound - 1)
        var next = first
        while next < ranges.count, ranges[next].lowerBound <= range.upperBound {
            let lower = min(merged.lowerBound, ranges[next].lowerBound)
            merged = lower..<max(merged.upperBound, ranges[next].upperBound)
            next += 1
        }
        ranges.replaceSubrange(first..<next, with: CollectionOfOne(merged))
        guard ranges.count > Self.capacity else { return }
        let smallest = ranges.indices.min { ranges[$0].count < ranges[$1].count }
        if let smallest { ranges.remove(at: smallest) }
    }

    private func firstIndex(endingBehind position: Int64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
