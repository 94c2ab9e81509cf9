internal import MartletCore

/// Runs of records in order, none of which overlap: what is known of the records behind a start offset.
package struct ShareStateBatches: Sendable, Equatable {
    package private(set) var all: [ShareStateBatch] = []

    package init() {}

    /// Takes runs in any order, overlapping or not. Those without sense are left out.
    package init(_ batches: [ShareStateBatch]) {
        let sorted = batches.filter(\.isValid).sorted { $0.firstOffset < $1.firstOffset }
        if zip(sorted, sorted.dropFirst()).allSatisfy({ $0.lastOffset < $1.firstOffset }) {
            for batch in sorted { add(batch) }
        } else {
            for batch in sorted { merge(ShareStateBatches([batch])) }
        }
    }

    /// Takes over what others say; where both speak of a record, what has come further counts.
    mutating func merge(_ other: ShareStateBatches) {
        var left = all[...]
        var right = other.all[...]
        all = []
        while let first = left.first, let second = right.first {
            if first.lastOffset < second.firstOffset {
                add(first)
                left.removeFirst()
            } else if second.lastOffset < first.firstOffset {
                add(second)
                right.removeFirst()
            } else if first.firstOffset < second.firstOffset {
                // The part in front of what both speak of.
                add(first.part(first.firstOffset, second.firstOffset - 1))
                left[left.startIndex].firstOffset = second.firstOffset
            } else if second.firstOffset < first.firstOffset {
                add(second.part(second.firstOffset, first.firstOffset - 1))
                right[right.startIndex].firstOffset = first.firstOffset
            } else {
                let last = min(first.lastOffset, second.lastOffset)
                add((second.isFurther(than: first) ? second : first).part(first.firstOffset, last))
                Self.drop(&left, upTo: last)
                Self.drop(&right, upTo: last)
            }
        }
        for batch in left { add(batch) }
        for batch in right { add(batch) }
    }

    /// Forgets what lies in front of an offset.
    mutating func drop(below start: Offset) {
        guard let first = all.first, first.firstOffset < start else { return }
        all.removeAll { $0.lastOffset < start }
        if let first = all.first, first.firstOffset < start { all[0].firstOffset = start }
    }

    /// Adds a run behind all others, as part of the last where it stands like that.
    private mutating func add(_ batch: ShareStateBatch) {
        if let last = all.last, last.lastOffset + 1 == batch.firstOffset, last.isLike(batch) {
            all[all.count - 1].lastOffset = batch.lastOffset
        } else {
            all.append(batch)
        }
    }

    private static func drop(_ batches: inout ArraySlice<ShareStateBatch>, upTo last: Offset) {
        guard let first = batches.first else { return }
        if first.lastOffset <= last {
            batches.removeFirst()
        } else {
            batches[batches.startIndex].firstOffset = last + 1
        }
    }
}
