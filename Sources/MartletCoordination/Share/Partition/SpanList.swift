internal import MartletCore

/// The spans of a share partition, in order and without gaps. Neighbours that stand alike are one span.
struct SpanList: Sendable {
    private(set) var spans: [RecordSpan] = []

    var isEmpty: Bool { spans.isEmpty }
    var first: RecordSpan? { spans.first }

    /// Index of the span that holds the offset, or of the first behind it.
    func index(from offset: Offset) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].last < offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The spans that overlap the offsets `first` to `last`, whole.
    func overlapping(_ first: Offset, _ last: Offset) -> ArraySlice<RecordSpan> {
        let start = index(from: first)
        var end = start
        while end < spans.count, spans[end].first <= last { end += 1 }
        return spans[start..<end]
    }

    mutating func append(_ span: RecordSpan) {
        precondition(spans.isEmpty || spans[spans.count - 1].last + 1 == span.first, "spans leave no gap")
        if let last = spans.last, last.isContinued(by: span) {
            spans[spans.count - 1].last = span.last
        } else {
            spans.append(span)
        }
    }

    /// Changes what stands between the two offsets, inclusive; spans that lie across them are cut there.
    mutating func change(_ first: Offset, _ last: Offset, _ body: (inout RecordSpan) -> Void) {
        guard first <= last else { return }
        cut(before: first)
        cut(before: last + 1)
        let start = index(from: first)
        var end = start
        while end < spans.count, spans[end].last <= last {
            body(&spans[end])
            end += 1
        }
        merge(around: start..<end)
    }

    /// Changes all spans.
    mutating func changeAll(_ body: (inout RecordSpan) -> Void) {
        for index in spans.indices { body(&spans[index]) }
        merge(around: spans.indices)
    }

    /// Forgets everything before the offset.
    mutating func remove(before offset: Offset) {
        cut(before: offset)
        spans.removeFirst(index(from: offset))
    }

    private mutating func cut(before offset: Offset) {
        let index = index(from: offset)
        guard index < spans.count, spans[index].first < offset else { return }
        var rest = spans[index]
        rest.first = offset
        spans[index].last = offset - 1
        spans.insert(rest, at: index + 1)
    }

    private mutating func merge(around range: Range<Int>) {
        let start = max(0, range.lowerBound - 1)
        let end = min(spans.count, range.upperBound + 1)
        guard end - start > 1 else { return }
        var kept = start
        for index in start + 1..<end {
            if spans[kept].isContinued(by: spans[index]) {
                spans[kept].last = spans[index].last
            } else {
                kept += 1
                if kept != index { spans[kept] = spans[index] }
            }
        }
        spans.removeSubrange(kept + 1..<end)
    }
}
